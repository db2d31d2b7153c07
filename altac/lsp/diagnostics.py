"""Problems of the checker as diagnostics of the protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsprotocol import types

from altac.diagnostics.problem import Problem
from altac.lsp.positions import PositionCodec, uri_of
from altac.lsp.project import Project, source_path
from altac.source import Source, Span
from altac.syntax import tree

if TYPE_CHECKING:
    from altac.lsp.facts import Facts

_SEVERITY = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
#: Problems whose place holds nothing that does anything.
_UNNECESSARY = frozenset({"unreachable-arm", "no-effect", "pattern-never", "never-read"})


@dataclass(frozen=True)
class Report:
    """The outcome of checking one document: problems by path of the file that they lie in, and what was found out."""

    source: Source
    problems: dict[str, tuple[Problem, ...]]
    facts: Facts


def check_document(project: Project, source: Source) -> Report:
    """Check a document as `altac check` does, with the texts of the editor in place of those on disk."""
    from altac.lsp.facts import Facts
    from altac.semantics import check
    from altac.semantics.findings import never_read

    facts = Facts()
    checked = check(source, None, project.text, inspect=facts.collect)
    grouped: dict[str, list[Problem]] = {source.name: []}
    unread = () if checked.program is None else never_read(checked.program, source)
    for problem in (*checked.problems, *unread):
        place = source.name if problem.span is None else source_path(problem.span.source.name)
        grouped.setdefault(place, []).append(problem)
    facts.program = checked.program
    problems = {path: tuple(found) for path, found in grouped.items()}
    foreign = _at_imports(project, source, problems)
    problems[source.name] = (*foreign, *problems[source.name])
    return Report(source, problems, facts)


def _at_imports(project: Project, source: Source, problems: dict[str, tuple[Problem, ...]]) -> list[Problem]:
    """What is wrong in imported files, said at the imports through which they come in."""
    module = project.module(source.name)
    found: list[Problem] = []
    if module is None:
        return found
    for definition in module.space.names.values():
        node = definition.node
        if definition.target is None or not isinstance(node, tree.ImportDecl):
            continue
        span = node.path.span if isinstance(node.path, tree.StringLit) else node.path[0].span.to(node.path[-1].span)
        for path in (definition.target, *sorted(project.imports(definition.target))):
            wrong = [p for p in problems.get(path, ()) if p.severity == "error" and path != source.name]
            if wrong:
                found.append(_Imported(span=span, cause=wrong[0], more=len(wrong) - 1))
                break
    return found


@dataclass(frozen=True, kw_only=True)
class _Imported(Problem):
    """Stands at an import for the errors of the imported file; it carries the code of the first."""

    cause: Problem
    more: int

    def render_title(self) -> str:
        others = f" (and {self.more} more)" if self.more else ""
        name = self.cause.span.source.name.replace("\\", "/").rsplit("/", 1)[-1] if self.cause.span else "imported file"
        return f"in {name}: {self.cause.render_title()}{others}"


@dataclass(frozen=True, kw_only=True)
class _Failed(Problem):
    """Says that a document could not be checked through a fault of altac."""

    reason: str
    title = "altac could not check this file: {reason}"
    help = "this is a fault of altac; please report it with the program"


def failed_check(source: Source, error: BaseException) -> Report:
    """The report of a check that broke down."""
    from altac.lsp.facts import Facts

    start = Span(source, 0, min(1, len(source.text)))
    problem = _Failed(span=start, reason=f"{type(error).__name__}: {error}")
    return Report(source, {source.name: (problem,)}, Facts())


def to_diagnostic(problem: Problem, positions: PositionCodec) -> types.Diagnostic:
    """The diagnostic of a problem, in the range of its span; related places keep their texts."""
    code = problem.cause.code if isinstance(problem, _Imported) else problem.code
    parts = [problem.render_title()]
    label, help_ = problem.render_label(), problem.render_help()
    if label and label not in parts[0]:
        parts[0] += f": {label}"
    if help_:
        parts.append(f"help: {help_}")
    places = [(label.span, label.text) for label in problem.secondary()]
    if isinstance(problem, _Imported) and problem.cause.span is not None:
        places.append((problem.cause.span, problem.cause.render_title()))
    return types.Diagnostic(
        range=_range(problem.span, positions),
        message="\n".join(parts),
        severity=_SEVERITY[problem.severity],
        code=code or None,
        source="altac",
        tags=[types.DiagnosticTag.Unnecessary] if code in _UNNECESSARY else None,
        related_information=[
            types.DiagnosticRelatedInformation(location_of(span, positions), text) for span, text in places
        ]
        or None,
    )


def _range(span: Span | None, positions: PositionCodec) -> types.Range:
    if span is None:
        return types.Range(types.Position(0, 0), types.Position(0, 0))
    if span.start == span.end < span.source.line_bounds(span.end)[1]:
        span = replace(span, end=span.end + 1)  # editors show nothing of an empty range
    return positions.range_of(span)


def location_of(span: Span, positions: PositionCodec) -> types.Location:
    """Where a span is, in the editor's terms."""
    return types.Location(uri_of(source_path(span.source.name)), positions.range_of(span))
