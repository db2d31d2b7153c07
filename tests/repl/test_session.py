"""The session without a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from altac.repl.edit import is_declaration, is_open, replaced
from altac.repl.session import HELP, Quit, Session

ROOT = Path(__file__).parents[2]
PARITY = ROOT / "examples" / "parity" / "sequential_relative.alta"


@pytest.fixture
def session() -> Session:
    found = Session()
    assert "Loaded sequential_relative" in found.handle(f":load {PARITY}")
    return found


def test_a_program_grows_line_by_line() -> None:
    session = Session()
    assert "still needs" in session.handle("program p")
    session.handle("tokens 0, 1")
    session.handle("var x: bool = token == 1")
    session.handle("layers 0")
    assert session.handle("output x") == ""
    assert session.handle("[1, 0]") == "[true, false]   (0 layers, not halted)"


def test_a_wrong_redefinition_leaves_the_program(session: Session) -> None:
    answer = session.handle("var done: bool = tokn == START")
    assert "did you mean `token`?" in answer
    assert "as it was" in answer
    assert session.handle('["START", 1]') == "[false, true]   (1 layer, halted)"


def test_redefining_and_taking_back(session: Session) -> None:
    assert session.handle("output done") == ""
    assert session.handle('["START", 1]').startswith("[true, true]")
    assert session.handle(":undo") == "Taken back."
    assert session.handle('["START", 1]').startswith("[false, true]")


def test_stepping(session: Session) -> None:
    assert "at the start" in session.handle(':step ["START", 1, 1]')
    assert "layer 1, after attention" in session.handle(":next")
    assert "layer 1, after the MLP" in session.handle(":n")
    assert "  1 (1) -> 0" in session.handle(":heads parity_left")
    fired = session.handle(":fired 1").splitlines()
    assert fired[0] == "layer 1"
    assert "done = false, done_left = true => done <- true" in fired[-1]
    assert session.handle(":fired 0") == "layer 1: no updates"
    assert "Which position?" in session.handle(":fired 99")
    assert "the start of the run" in session.handle(":back 9")
    assert "the end of the run" in session.handle(":next 99")
    assert "layer 2" in session.handle(":layer 2")
    watched = session.handle(":watch parity")
    assert "parity" in watched
    assert "done" not in watched


def test_looking(session: Session) -> None:
    assert "head  parity_left  bool" in session.handle(":types")
    assert "parity: 2 rules" in session.handle(":rules parity")
    assert "7 hidden units" in session.handle(":layout")
    assert "head parity_left = parity at -1" in session.handle(":show parity_left")
    assert "pass" in session.handle(":test")
    assert "parity_left" in session.names()


def test_engines(session: Session) -> None:
    assert session.handle(":engine transformer") == "Inputs run on the transformer."
    assert session.handle('["START", 1, 1]') == "[false, true, false]   (2 layers, halted)"
    assert "engines are" in session.handle(":engine steam")


def test_saving(session: Session, tmp_path: Path) -> None:
    assert "Saved" in session.handle(f":save {tmp_path / 'x.alta'}")
    assert (tmp_path / "x.alta").read_text() == PARITY.read_text()
    assert "cannot write" in session.handle(f":save {tmp_path}/no/such/x.alta")


def test_mistakes_are_answered(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Did you mean `:types`" in session.handle(":tpyes")
    assert "no-such-file" in session.handle(":load no-such-file.alta")
    assert "unknown-token" in session.handle("[7]")
    assert "There is no program yet" in Session().handle(":types")
    assert "There is no program yet" in Session().handle("[1]")
    for command in HELP:
        if command not in ("quit", "edit"):
            session.handle(f":{command} nonsense")
            Session().handle(f":{command}")
    with pytest.raises(Quit):
        session.handle(":quit")


def test_help_teaches(session: Session) -> None:
    text = session.handle(":help")
    assert all(f":{command}" in text for command in HELP)
    assert "forward in the trace" in session.handle(":help next")


def test_what_is_open() -> None:
    assert is_open("mlp {")
    assert is_open("const X = [1,\n2")
    assert not is_open('const X = "{"')
    assert not is_open("mlp { x <- y } // {")


def test_what_is_a_declaration() -> None:
    assert is_declaration("var x: bool = true")
    assert is_declaration("mlp {")
    assert not is_declaration("[1, 2]")
    assert not is_declaration("walk left twice")


def test_replacing_keeps_the_rest() -> None:
    text = "program p // mine\nvar x: bool = true // old\nmlp { x <- x }\n"
    assert replaced(text, "var x: bool = false") == "program p // mine\nvar x: bool = false // old\nmlp { x <- x }\n"
    assert replaced(text, "rules { x = true => x <- false }").count("mlp") == 0


def test_an_editor_that_fails_leaves_the_session_as_it_was(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "false")
    before = session.text
    assert "The program is as it was." in session.handle(":edit")
    assert session.text == before
    assert session.handle('["START", 1]') == "[false, true]   (1 layer, halted)"


def test_history_shows_the_last_entries(session: Session) -> None:
    session.handle(":types")
    assert session.handle(":history 2") == ":types\n:history 2"


def test_help_fits_a_narrow_terminal() -> None:
    assert all(len(line) <= 40 for line in Session(width=lambda: 40).handle(":help").splitlines())
