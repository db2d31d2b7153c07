"""Transition rules that know their program, so that they can show themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

from altac import ir
from altac.display.html import cell, folded, heading, page, table, text
from altac.rules import RuleSet

#: Rules of one variable in a display.
_MOST = 500


@dataclass(frozen=True)
class Rules(RuleSet):
    """The transition rules of a program (section 2.3 of the ALTA paper). ``str`` gives them as a table."""

    program: ir.Program = field(repr=False, compare=False)

    def __str__(self) -> str:
        from altac.rules.printing import rules_table

        return "\n".join(rules_table(self.program, self))

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        printer.text(str(self))  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        program = self.program
        parts = [text(f"{program.name}: {len(self):,} rules")]
        for variable in program.variables:
            rules = [r for r in self.rules if r.target == variable.name]
            if not rules:
                continue
            rows = [[heading(name, "left") for name in ("old", "new", "if")]]
            for rule in rules[:_MOST]:
                tests = ", ".join(f"{n} = {self._label(n, c)}" for n, c in rule.antecedent if n != rule.target)
                old = dict(rule.antecedent)[rule.target]
                rows.append([
                    cell(self._label(rule.target, old)), cell(self._label(rule.target, rule.value), "changed"),
                    cell(tests, "left"),
                ])  # fmt: skip
            if len(rules) > _MOST:
                rows.append([cell(f"and {len(rules) - _MOST:,} more", "left note")])
            parts.append(folded(f"{variable.name}: {len(rules):,}", table(rows), opened=len(rules) <= 20))
        parts.append(text(f"and {len(self.resets):,} resets of heads", "note"))
        return page(*parts)

    def _label(self, name: str, code: int) -> str:
        return ir.label(self.program.domain(name), code)
