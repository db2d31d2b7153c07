"""The budgets of a compilation, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How far each pass goes. At the end of a budget the next best way is taken, or an error names it."""

    #: Branches of the enumeration of one program to rules.
    branches: int = 2_000_000
    #: Tests in the antecedents of the rules that are held; each rule counts for three more.
    tests: int = 10_000_000
    #: Bytes that the hidden layer takes in the model and in its proof, as `altac.units.layers.layer_bytes` estimates them.
    layer_bytes: int = 1_200_000_000
    #: Ways to read what decides about one variable, after which it may hold any value.
    reachable_paths: int = 30_000

    #: Nodes of the decision diagrams of one variable, and parts of their covers, after which it is left to the rules.
    nodes: int = 400_000
    parts: int = 2_000_000
    #: Codes, parts and children that the nodes of these diagrams hold, and bytes of the arrays of the units made from them.
    elements: int = 3_000_000
    unit_bytes: int = 250_000_000
    #: Codes, values and parts that are gone through for the units of all variables.
    work: int = 40_000_000
    #: Up to these, level 2 also tries diagrams without tests of sums; up to the last, further ways are tried.
    few_nodes: int = 20_000
    few_parts: int = 10_000
    few_work: int = 3_000_000
    #: Values of a sum that is tested whole; beyond them its slots are tested one by one.
    sum_values: int = 20_000
    #: Units of a scan over the values of a sum.
    steps: int = 2_000
    #: Pairs of old and new values up to which one unit per pair is tried, and new values up to which each is tried alone.
    pairs: int = 3_000
    trials: int = 12
    #: Units of a variable beyond which no second way is tried.
    units: int = 4_000

    #: Paths of a variable, and pairs of a path and a unit that may be on there, up to which the proof tries all paths.
    proof_paths: int = 1_000_000
    proof_work: int = 100_000_000
    #: Random paths that it tries otherwise.
    proof_samples: int = 20_000
    #: Values that it tries on one path for variables that are not read there and yet matter to units.
    proof_fillings: int = 10_000


DEFAULT = Limits()
