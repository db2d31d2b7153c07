"""What a model says of arrays, numbers and files that are wrong, in process and standing alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from altac.backends import backend
from altac.backends.guards import check_configuration, layer_limit
from altac.backends.inference import Inference
from altac.backends.writing import write
from altac.ir import Program
from altac.transformer import BuiltModel
from altac.transformer.configuration import Configuration
from altac.units import units
from tests import programs
from tests.models import INSTALLED, build


def built_of(program: Program, dtype: str = "float32") -> BuiltModel:
    return build(program, units(program, 2), dtype=dtype)


@pytest.fixture(scope="module")
def built() -> BuiltModel:
    return built_of(programs.parity_relative())


@pytest.fixture(scope="module", params=INSTALLED)
def model(request: pytest.FixtureRequest, built: BuiltModel) -> Any:
    return backend(request.param).model(built)


TOKENS = np.array([[2, 1, 0], [2, 1, 0]])
MASK = np.array([[True, True, True], [True, True, False]])


@pytest.mark.parametrize(
    ("tokens", "mask", "error", "message"),
    [
        ([[2, 99, 0]], None, ValueError, r"tokens\[0, 1\] is 99, outside 0\.\.2"),
        ([[2, 1, -1]], None, ValueError, r"tokens\[0, 2\] is -1, outside 0\.\.2"),
        ([[2.0, 1.0]], None, TypeError, "tokens are float64, not integers"),
        ([[True, False]], None, TypeError, "tokens are bool, not integers"),
        ([["2", "1"]], None, TypeError, "tokens are text, not integers"),
        ([[None, 1]], None, TypeError, "tokens are no array of numbers"),
        ([[2, 1], [2]], None, ValueError, "tokens are not rows of one length"),
        ([2, 1], None, ValueError, r"the shape \(2,\), not \(examples, positions\)"),
        (2, None, ValueError, r"the shape \(\), not \(examples, positions\)"),
        (TOKENS, MASK.astype(int), TypeError, "the mask is int64, not boolean"),
        (TOKENS, MASK.astype(np.uint8), TypeError, "the mask is uint8, not boolean"),
        (TOKENS, MASK.astype(np.float32), TypeError, "the mask is float32, not boolean"),
        (TOKENS, MASK[:1], ValueError, r"the mask has the shape \(1, 3\), and the tokens have \(2, 3\)"),
        (TOKENS, MASK[0], ValueError, r"the mask has the shape \(3,\)"),
        (TOKENS, MASK[:, ::-1], ValueError, r"mask\[1\]: padding comes before the token at 1"),
    ],
)  # fmt: skip
def test_a_batch_that_is_none(model: Any, tokens: Any, mask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model.transformer(tokens, mask)
    if isinstance(tokens, np.ndarray):
        with pytest.raises(error, match=message):
            model.batch(tokens, mask, None)
        if hasattr(model.transformer, "unrolled"):
            with pytest.raises(error, match=message):
                model.transformer.unrolled(tokens, 2, mask)


def test_integers_and_masks_of_any_library_are_alike(model: Any) -> None:
    expected = [np.asarray(part) for part in model.transformer(TOKENS, MASK)]
    for tokens in (TOKENS.tolist(), TOKENS.astype(np.uint8), TOKENS.astype(np.int16), jnp.asarray(TOKENS)):
        for mask in (MASK.tolist(), MASK, jnp.asarray(MASK)):
            for part, wanted in zip(model.transformer(tokens, mask), expected, strict=True):
                np.testing.assert_array_equal(np.asarray(part), wanted)


@pytest.mark.parametrize("shape", [(2, 0), (0, 3), (0, 0)])
def test_empty_in_empty_out(model: Any, shape: tuple[int, int]) -> None:
    for tokens in (np.zeros(shape), np.zeros(shape, int)):
        found = model.transformer(tokens, np.ones(shape, bool))
        assert found.logits.shape == (*shape, 2)
        assert found.layers.shape == found.halted.shape == found.recurs.shape == shape[:1]
    assert model.run([]) == []
    assert [run.output for run in model.run([[], []])] == [[], []]


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([[2, 3]], ValueError, r"input 0: the token at 1 is 3, outside 0\.\.2"),
        ([[2], [-1]], ValueError, r"input 1: the token at 0 is -1, outside 0\.\.2"),
        ([[2.0]], TypeError, "input 0: the token at 0 is 2.0, not an integer"),
        ([[True]], TypeError, "input 0: the token at 0 is True, not an integer"),
        (["210"], TypeError, "input 0 is '210', not a sequence of token indices"),
        ([2, 1], TypeError, "input 0 is 2, not a sequence of token indices"),
        ([["2"]], TypeError, "input 0: the token at 0 is '2', not an integer"),
    ],
)
def test_inputs_that_are_none(model: Inference, inputs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        model.run(inputs)
    assert model.run(np.array([[2, 1]]))[0].output == [0, 1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "error", "message"),
    [
        (-1, ValueError, "the number of layers cannot be -1"),
        (-(10**30), ValueError, "cannot be -1000"),
        (1.0, TypeError, "a number of layers is an integer, not 1.0"),
        (True, TypeError, "a number of layers is an integer, not True"),
        ("3", TypeError, "a number of layers is an integer, not '3'"),
        (np.array([3]), TypeError, "a number of layers is an integer, not array"),
    ],
)
def test_numbers_of_layers_that_are_none(model: Any, layers: Any, error: type[Exception], message: str) -> None:
    for call in (
        lambda: model.run([[2, 1]], layers),
        lambda: model.run([], layers),
        lambda: model.transformer(TOKENS, MASK, layers),
        lambda: model.batch(TOKENS, MASK, layers),
        lambda: model(["START", 1], layers),
    ):
        with pytest.raises(error, match=message):
            call()
    if hasattr(model.transformer, "unrolled"):
        with pytest.raises(error, match=message):
            model.transformer.unrolled(TOKENS, layers)


def test_no_layers_and_more_than_can_be_counted(model: Any) -> None:
    assert [run.layers for run in model.run([[2, 1, 1]], 0)] == [0]
    assert model.run([[2, 1, 1]], 10**30) == model.run([[2, 1, 1]])
    assert layer_limit(np.int64(3)) == layer_limit(jnp.int32(3)) == 3
    assert layer_limit(10**30) == 2**31 - 1
    for layers in (0, 10**30, np.int64(2), jnp.int32(2)):
        model.transformer(TOKENS, MASK, layers)


def test_a_traced_batch_is_looked_at_as_far_as_it_is_known(built: BuiltModel) -> None:
    transformer = backend("flax").model(built).transformer  # type: ignore[attr-defined]
    found = jax.jit(lambda tokens, mask: transformer(tokens, mask).logits)(TOKENS, MASK)
    np.testing.assert_array_equal(found, transformer(TOKENS, MASK).logits)
    with pytest.raises(TypeError, match="the mask is int64|the mask is int32"):
        jax.jit(transformer)(TOKENS, MASK.astype(int))
    with pytest.raises(TypeError, match="tokens are float32, not integers"):
        jax.jit(transformer)(TOKENS.astype(np.float32))


@contextmanager
def flag(name: str, value: Any) -> Iterator[None]:
    before = getattr(jax.config, name)
    jax.config.update(name, value)
    try:
        yield
    finally:
        jax.config.update(name, before)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jax_numpy_rank_promotion", "raise"),
        ("jax_numpy_dtype_promotion", "strict"),
        ("jax_enable_x64", True),
        ("jax_debug_nans", True),
        ("jax_debug_infs", True),
        ("jax_disable_jit", True),
        ("jax_default_matmul_precision", "bfloat16"),
    ],
)
def test_flags_of_jax_change_nothing(dtype: str, name: str, value: Any) -> None:
    for program in (programs.parity_relative(), programs.parity_sum(6), programs.parity_absolute()):
        built = built_of(program, dtype)
        tokens = [[i % program.tokens.size for i in range(n)] for n in (0, 1, 3, 5)]
        limit = None if program.halt is not None or program.max_layers is not None else 4
        batch = np.array([[2, 1, 1, 0]]) % program.tokens.size
        model: Any = backend("flax").model(built)
        expected = model.run(tokens, limit), model.transformer.unrolled(batch, 3), model.transformer(batch, None, 3)
        with flag(name, value):
            again: Any = backend("flax").model(built)
            found = again.run(tokens, limit), again.transformer.unrolled(batch, 3), again.transformer(batch, None, 3)
        assert found[0] == expected[0]
        for one, other in zip(found[1:], expected[1:], strict=True):
            for part, wanted in zip(one, other, strict=True):
                np.testing.assert_array_equal(part, wanted)
                assert part.dtype == wanted.dtype


# --- files


@pytest.fixture(params=INSTALLED)
def directory(request: pytest.FixtureRequest, built: BuiltModel, tmp_path: Path) -> Path:
    write(built, tmp_path / "model", request.param)
    return tmp_path / "model"


def said(directory: Path) -> str:
    """What the model's own code says as it is loaded: as a module, and on its command line."""
    target = json.loads((directory / "altac.json").read_text())["target"]
    with pytest.raises(ValueError) as raised:
        backend(target).load(directory)
    return str(raised.value)


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON: Expecting value"),
        ("[" * 200_000, "nested too deeply"),
        ("[]", "[] is not an object"),
        ("{}", "`format` is missing"),
        ('{"format": ' + "9" * 10_000 + "}", "a number of 10000 digits"),
        ('{"format": NaN}', "NaN is no number"),
        ("\x00", "no JSON"),
    ],
)
def test_a_configuration_that_is_none(directory: Path, text: str, message: str) -> None:
    (directory / "config.json").write_text(text)
    assert said(directory).startswith("config.json: ")
    assert message in said(directory)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format", "altac-99", '`format` is "altac-99", not "altac-transformer"'),
        ("version", 3, "`version` is 3, not 2"),
        ("version", True, "`version` is true, not 2"),
        ("tokens", [], "`tokens` is empty"),
        ("tokens", [{"name": "a"}], "`tokens[0].spelling` is missing"),
        ("max_layers", -1, "`max_layers` is -1, and cannot be negative"),
        ("max_layers", "3", '`max_layers` is "3", not an integer or null'),
        ("max_length", -3, "`max_length` is -3, and cannot be negative"),
        ("frame", {"before": [], "after": [], "fill": 0, "length": 10**10}, "`frame.length` is 10000000000, above"),
        ("frame", {"before": [7], "after": [], "fill": None, "length": 0}, "`frame.before` has the token index 7"),
        ("frame", {"before": [], "after": [], "fill": -1, "length": 4}, "`frame.fill` has the token index -1"),
        ("causal", {"stop": 3, "limit": None, "shift": 0}, "`causal.stop` has the token index 3, outside 0..2"),
        ("positions", 5, "`embedding.position` is missing"),
    ],
)
def test_a_configuration_of_something_else(directory: Path, field: str, value: Any, message: str) -> None:
    changed(directory / "config.json", lambda data: data.update({field: value}))
    assert message in said(directory)
    assert said(directory).startswith(("config.json: ", "model.safetensors: "))


def test_sizes_and_vocabulary_are_those_of_the_weights(directory: Path) -> None:
    changed(directory / "config.json", lambda data: data["tokens"].append({"name": "new", "spelling": "new"}))
    assert said(directory).startswith("model.safetensors: `embedding.token` has the shape (3, ")
    changed(directory / "config.json", lambda data: data["tokens"].pop())
    changed(directory / "config.json", lambda data: data["sizes"].update(parameters=5))
    assert "`sizes.parameters` of config.json is 5" in said(directory)


def test_every_field_of_a_configuration_can_be_anything(built: BuiltModel) -> None:
    """Wrong values of every field give a ValueError, or a configuration."""
    plain = json.loads(built.configuration.to_json())
    anything: tuple[Any, ...] = (None, True, -1, 10**30, 0.5, "", "x", [], {}, [[]])

    def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        yield at
        for key in data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ():
            yield from places(data[key], (*at, key))

    for place in list(places(plain))[1:]:
        for value in anything:
            data = json.loads(json.dumps(plain))
            inner = data
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            with suppress(ValueError):
                check_configuration(Configuration.from_json(json.dumps(data)))


def weights(directory: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    arrays = dict(load_file(directory / "model.safetensors"))
    change(arrays)
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, directory / "model.safetensors")


def bad(arrays: dict[str, Any], name: str, value: float) -> None:
    arrays[name] = arrays[name].copy()
    arrays[name].flat[0] = value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("mlp.up"), "`mlp.up` is missing"),
        (lambda w: w.pop("attention.bias"), "`attention.bias` is missing"),
        (lambda w: w.pop("halt"), "and `sizes.parameters` of config.json is"),
        (lambda w: w.update(other=np.zeros(3, np.float32)), "`other` is not known"),
        (lambda w: w.update({"mlp.up": w["mlp.up"][:, :-1]}), "`mlp.up` has the shape"),
        (lambda w: w.update({"mlp.up": w["mlp.up"][0]}), "`mlp.up` has the shape"),
        (lambda w: w.update({"mlp.up": w["mlp.up"].astype(np.float64)}), '`mlp.up` is "F64", not F32 or BF16'),
        (lambda w: w.update({"mlp.up": w["mlp.up"].astype(np.int32)}), '`mlp.up` is "I32", not F32 or BF16'),
        (lambda w: bad(w, "mlp.up", np.nan), "`mlp.up` has entries that are no finite numbers"),
        (lambda w: bad(w, "unembedding", np.inf), "`unembedding` has entries that are no finite numbers"),
    ],
)  # fmt: skip
def test_weights_of_something_else(directory: Path, change: Callable[[dict[str, Any]], Any], message: str) -> None:
    weights(directory, change)
    assert said(directory).startswith("model.safetensors: ")
    assert message in said(directory)


@pytest.mark.parametrize(
    "alter",
    [
        lambda data: b"",
        lambda data: data[:5],
        lambda data: data[:100],
        lambda data: data[:-1],
        lambda data: data + bytes(4),
        lambda data: b"\xff" * 8 + data[8:],
        lambda data: data[:8] + b"[" + data[9:],
        lambda data: (200_000).to_bytes(8, "little") + b"[" * 200_000,
        lambda data: (2).to_bytes(8, "little") + b"[]",
        lambda data: (7).to_bytes(8, "little") + b'{"a":1}',
        lambda data: b"not weights at all",
    ],
)
def test_weights_that_are_none(directory: Path, alter: Callable[[bytes], bytes]) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(alter(path.read_bytes()))
    assert said(directory).startswith("model.safetensors: ")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_files_that_cannot_be_read(directory: Path, name: str) -> None:
    path = directory / name
    path.unlink()
    assert said(directory) == f"{name}: there is no such file in {directory}"
    path.mkdir()
    assert said(directory) == f"{name}: it is a directory"
    path.rmdir()
    os.mkfifo(path)
    assert said(directory) == f"{name}: it is no regular file"


def test_the_command_line_says_it_in_a_line(directory: Path) -> None:
    changed(directory / "config.json", lambda data: data.update(format="altac-99"))
    done = subprocess.run(
        [sys.executable, str(directory / "model.py"), "START 1"], capture_output=True, text=True, check=False,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == 'config.json: `format` is "altac-99", not "altac-transformer"\n'
