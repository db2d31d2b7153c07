"""What a model is given, before it is used: arrays of tokens, numbers of layers, files. Everything wrong is said plainly.

TypeError where something is of a wrong type, ValueError where it has a wrong value. This file needs numpy and
configuration.py alone, since it is written beside models that need it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from altac.transformer.configuration import Configuration, parse_json

#: The most layers that can be counted.
COUNTED = 2**31 - 1
#: The most tokens to which a frame fills an input.
LONGEST = 1 << 22
#: Bytes of the largest config.json that is read, and of the largest header of weights.
TEXT = 1 << 28

#: The weights by name, with a letter per dimension: the same letter is the same number. D, H, F and U are those of `Sizes`, T and
#: V the numbers of tokens and of values of the output variable, P that of positions.
SHAPES = {
    "embedding.token": "TD", "embedding.position": "PD",
    "attention.query": "HDk", "attention.key": "HDk", "attention.value": "HDv", "attention.output": "HvD",
    "attention.bias": "Ho",
    "mlp.threshold": "Dn", "mlp.threshold_bias": "n", "mlp.bucket": "nb", "mlp.bucket_bias": "b",
    "mlp.predicate": "fp", "mlp.predicate_bias": "p",
    "mlp.up": "FU", "mlp.up_bias": "U", "mlp.down": "UD",
    "halt": "D", "unembedding": "DV",
}  # fmt: skip
#: Weights that a model has all or none of.
_TOGETHER = ("attention.", "mlp.threshold", "mlp.bucket", "mlp.predicate")
_DTYPES = {"F32": 4, "BF16": 2}
#: Formats of numbers, as config.json names them.
DTYPES = ("float32", "bfloat16")


# --- arrays and numbers of layers


def check_batch(tokens: Any, mask: Any, vocabulary: int, *, known: bool = True) -> None:
    """Raise unless ``tokens`` are token indices (B, T) below ``vocabulary``, and ``mask`` is boolean, of the same shape and true
    exactly where a row is not padding yet. Of arrays whose values are not ``known``, such as those that are traced, only dtypes
    and shapes are looked at."""
    if tokens.ndim != 2:
        raise ValueError(f"tokens have the shape {tuple(tokens.shape)}, not (examples, positions)")
    if tokens.size and not np.issubdtype(tokens.dtype, np.integer):
        raise TypeError(f"tokens are {_kind(tokens)}, not integers")
    if mask is not None and mask.dtype != np.bool_:
        raise TypeError(f"the mask is {_kind(mask)}, not boolean: true where there is a token, false at padding")
    if mask is not None and mask.shape != tokens.shape:
        raise ValueError(f"the mask has the shape {tuple(mask.shape)}, and the tokens have {tuple(tokens.shape)}")
    if not known:
        return
    indices, present = np.asarray(tokens), np.ones(tokens.shape, bool) if mask is None else np.asarray(mask)
    wrong = np.argwhere((indices < 0) | (indices >= vocabulary))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise ValueError(f"tokens[{row}, {column}] is {indices[row, column]}, outside 0..{vocabulary - 1}")
    late = np.argwhere(present[:, 1:] & ~present[:, :-1])
    if len(late):
        row, column = late[0].tolist()
        raise ValueError(f"mask[{row}]: padding comes before the token at {column + 1}; it belongs at the end")


def _kind(array: Any) -> str:
    return "text" if getattr(array.dtype, "kind", "") in "US" else str(array.dtype)


def as_array(given: Any, what: str) -> Any:
    """``given`` if it is an array of some library, else the numpy array of a nested list."""
    if hasattr(given, "dtype") and hasattr(given, "shape"):
        return given
    try:
        array = np.asarray(given)
    except (ValueError, OverflowError):
        raise ValueError(f"{what} are not rows of one length") from None
    if array.dtype == object:
        raise TypeError(f"{what} are no array of numbers")
    return array


def check_tokens(inputs: Iterable[Sequence[int]], vocabulary: int) -> None:
    """Raise unless every input is a sequence of token indices below ``vocabulary``."""
    for number, tokens in enumerate(inputs):
        if isinstance(tokens, str | bytes) or not isinstance(tokens, Iterable):
            raise TypeError(f"input {number} is {tokens!r}, not a sequence of token indices")
        for place, token in enumerate(tokens):
            if not isinstance(token, Integral) or isinstance(token, bool):
                raise TypeError(f"input {number}: the token at {place} is {token!r}, not an integer")
            if not 0 <= token < vocabulary:
                raise ValueError(f"input {number}: the token at {place} is {token}, outside 0..{vocabulary - 1}")


def listed(inputs: Any) -> list[Any]:
    """A batch of inputs as a list of lists; what is no sequence stays as it is. Raises TypeError if it is no batch."""
    if isinstance(inputs, str | bytes) or not isinstance(inputs, Iterable):
        raise TypeError(f"inputs are a list of sequences of token indices, not {type(inputs).__name__}")
    return [list(i) if isinstance(i, Iterable) and not isinstance(i, str | bytes) else i for i in inputs]


def layer_limit(layers: Any) -> int | None:
    """A number of layers, as far as they can be counted, or None. Raises unless it is an integer from 0 on."""
    if layers is None:
        return None
    if hasattr(layers, "dtype") and layers.ndim == 0 and np.issubdtype(layers.dtype, np.integer):
        layers = int(layers)
    if not isinstance(layers, Integral) or isinstance(layers, bool):
        raise TypeError(f"a number of layers is an integer, not {layers!r}")
    if layers < 0:
        raise ValueError(f"the number of layers cannot be {layers}")
    return min(int(layers), COUNTED)


# --- files


def read_bytes(path: Path, most: int | None = None) -> bytes:
    """The bytes of a file. ValueError that names it if it cannot be read, or has more than ``most``."""
    try:
        if not path.is_file():
            wrong = "a directory" if path.is_dir() else "no regular file" if path.exists() else ""
            raise ValueError(
                f"{path.name}: " + (f"it is {wrong}" if wrong else f"there is no such file in {path.parent}")
            )
        if most is not None and path.stat().st_size > most:
            raise ValueError(f"{path.name}: more than {most >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name}: {(error.strerror or str(error)).lower()}") from None


def read_configuration(path: Path) -> Configuration:
    """The configuration in config.json. ValueError names the file, and the field that is wrong."""
    data = read_bytes(path, TEXT)
    try:
        found = Configuration.from_json(data.decode())
        check_configuration(found)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: no text in UTF-8") from None
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    return found


def check_configuration(configuration: Configuration) -> None:
    """ValueError if the fields of a configuration contradict each other; it names the field."""
    c = configuration
    vocabulary, values = len(c.tokens), len(c.output.values)
    frame = {"before": c.frame.before, "after": c.frame.after, "fill": () if c.frame.fill is None else (c.frame.fill,)}
    indices = [(f"frame.{name}", token) for name, tokens in frame.items() for token in tokens]
    if c.causal is not None and c.causal.stop is not None:
        indices.append(("causal.stop", c.causal.stop))
    for name, token in indices:
        if not 0 <= token < vocabulary:
            raise ValueError(f"`{name}` has the token index {token}, outside 0..{vocabulary - 1}")
    counts = {
        "level": c.level, "max_length": c.max_length, "max_layers": c.max_layers, "positions": c.positions,
        "frame.length": c.frame.length, "causal.limit": None if c.causal is None else c.causal.limit,
        **{f"sizes.{name}": size for name, size in vars(c.sizes).items()},
    }  # fmt: skip
    for name, count in counts.items():
        if count is not None and count < 0:
            raise ValueError(f"`{name}` is {count}, and cannot be negative")
    if c.frame.fill is not None and c.frame.length > LONGEST:
        raise ValueError(f"`frame.length` is {c.frame.length}, above the {LONGEST} tokens that an input can have")
    if not vocabulary:
        raise ValueError("`tokens` is empty")
    if c.dtype not in DTYPES:
        raise ValueError(f"`dtype` is {json.dumps(c.dtype)[:20]}, not one of {', '.join(DTYPES)}")
    if c.level > 2:
        raise ValueError(f"`level` is {c.level}, and there are 0, 1 and 2")
    names = [token.name for token in c.tokens]
    if len(set(names)) < vocabulary:
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"`tokens` has {json.dumps(twice)} more than once")
    if not values:
        raise ValueError("`output.values` is empty")
    if c.output.spellings is not None and len(c.output.spellings) != values:
        raise ValueError(f"`output.spellings` has {len(c.output.spellings)} entries, and `output.values` {values}")


def check_weights(configuration: Configuration, weights: Mapping[str, Any]) -> None:
    """ValueError unless ``weights`` are all that a model of this configuration has, of its shapes, and finite numbers."""
    try:
        _check_weights(configuration, weights)
    except ValueError as error:
        raise ValueError(f"model.safetensors: {error}") from None


def _check_weights(configuration: Configuration, weights: Mapping[str, Any]) -> None:
    sizes = configuration.sizes
    dimensions: dict[str, int] = {
        "D": sizes.residual, "F": sizes.features, "U": sizes.hidden, "T": len(configuration.tokens),
        "V": len(configuration.output.values), "H": sizes.heads, "P": configuration.positions or 0,
    }  # fmt: skip
    for name in (*expected(configuration, weights), *weights):
        if name not in SHAPES:
            raise ValueError(f"`{name}` is not known")
        if name not in weights:
            raise ValueError(f"`{name}` is missing")
        _check_shape(name, tuple(weights[name].shape), dimensions)
    for name in weights:
        if str(weights[name].dtype) not in ("float32", "bfloat16"):
            raise ValueError(f"`{name}` is {weights[name].dtype}, not float32 or bfloat16")
        if not np.isfinite(np.asarray(weights[name])).all():
            raise ValueError(f"`{name}` has entries that are no finite numbers")
    read = dimensions["D"] + dimensions.get("b", 0)
    if dimensions.get("f", read) != read:
        raise ValueError(f"`mlp.predicate` reads {dimensions['f']} features, and there are {read}")
    if sizes.features != read + dimensions.get("p", 0):
        raise ValueError(f"`mlp.up` reads {sizes.features} features, and there are {read + dimensions.get('p', 0)}")
    count = sum(prod(weight.shape) for weight in weights.values())
    if count != sizes.parameters:
        raise ValueError(f"there are {count} weights, and `sizes.parameters` of config.json is {sizes.parameters}")


def expected(configuration: Configuration, weights: Mapping[str, Any]) -> list[str]:
    """The names that the weights must have; of what a model may have or not, those of a group of which some are there."""
    optional = {"embedding.position": configuration.positions is not None, "halt": False}
    groups = {group: any(name.startswith(group) for name in weights) for group in _TOGETHER}
    groups["attention."] = configuration.sizes.heads > 0
    groups["mlp.threshold"] = groups["mlp.bucket"] = groups["mlp.threshold"] or groups["mlp.bucket"]
    return [
        name
        for name in SHAPES
        if optional.get(name, next((there for group, there in groups.items() if name.startswith(group)), True))
    ]


def _check_shape(name: str, shape: tuple[int, ...], dimensions: dict[str, int]) -> None:
    letters = SHAPES[name]
    if len(shape) == len(letters):
        wanted = tuple(dimensions.setdefault(letter, size) for letter, size in zip(letters, shape, strict=True))
        if shape == wanted:
            return
        raise ValueError(f"`{name}` has the shape {shape}, not {wanted}")
    raise ValueError(f"`{name}` has the shape {shape}, and {len(letters)} dimensions are wanted")


def read_weights(path: Path) -> tuple[bytes, dict[str, tuple[str, tuple[int, ...], int, int]]]:
    """The bytes of a safetensors file, and its tensors as `weight_entries` tells them. ValueError names the file."""
    data = read_bytes(path)
    try:
        return data, weight_entries(data)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def weight_entries(data: bytes) -> dict[str, tuple[str, tuple[int, ...], int, int]]:
    """The tensors in the bytes of a safetensors file: name -> dtype, shape, and where its bytes begin and end in the file.

    Raises:
        ValueError: it is none, or is cut off, or a tensor is of a dtype that no model has.
    """
    start = 8 + int.from_bytes(data[:8], "little")
    if len(data) < 8 or start > len(data):
        raise ValueError("it is cut off, or no safetensors file")
    try:
        header = parse_json(data[8:start].decode())
    except ValueError as error:
        raise ValueError(f"its header is broken: {error}") from None
    if not isinstance(header, dict):
        raise ValueError("its header is no object")
    header.pop("__metadata__", None)
    entries = {}
    for name, entry in header.items():
        try:
            dtype, shape, (first, last) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
            sound = all(type(n) is int and n >= 0 for n in (*shape, first, last))
        except (KeyError, TypeError, ValueError):
            sound = False
        if not sound:
            raise ValueError(f"the entry of `{name}` in its header is broken")
        if dtype not in _DTYPES:
            raise ValueError(f"`{name}` is {json.dumps(dtype)[:20]}, not F32 or BF16")
        if last - first != _DTYPES[dtype] * prod(shape) or start + last > len(data):
            raise ValueError(f"`{name}` is cut off, or not as large as its shape")
        entries[name] = dtype, shape, start + first, start + last
    end = start
    for name, (*_, first, last) in sorted(entries.items(), key=lambda entry: entry[1][2:]):
        if first != end:
            raise ValueError(f"`{name}` does not begin where the tensor before it ends")
        end = last
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes at its end belong to no tensor")
    return entries
