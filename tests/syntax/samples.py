"""Sources that several tests of the syntax read."""

from __future__ import annotations

from pathlib import Path

from altac.syntax.operators import surface

_ROOT = Path(__file__).resolve().parents[2]
#: Every program and module of the repository.
ALTA_FILES = sorted((_ROOT / "examples").rglob("*.alta")) + sorted((_ROOT / "stdlib").rglob("*.alta"))

#: What operators are written with, word by word.
SIGNS = sorted({
    sign for group in (surface().binary, surface().unary) for operator in group.values() for sign in operator.text.split()
})  # fmt: skip

PARITY = """\
// Parity by passing the running parity one position to the right per layer.
program parity

tokens 0, 1, START

var parity: bool = token == 1
var done:   bool = token == START

head parity_left = parity at -1
head done_left   = done at -1

mlp {
    if not done and done_left {
        parity <- parity xor parity_left
        done   <- true
    }
}

output parity
halt when done

test [START, 1, 0, 1] => [false, true, true, false]
"""

SUBLEQ = """\
// A SUBLEQ machine: one instruction every three layers, self-modifying code allowed.
program subleq

param LOW  = -16
param HIGH = 16
param SIZE = 16

type Word    = LOW..HIGH
type Address = 0..SIZE - 1

tokens Word
positions SIZE

enum State { Fetch, Execute, Branch, Done }

var cell:  Word    = token
var here:  Address = position
var pc:    Address = 0
var pc_b:  Address = 1
var pc_c:  Address = 2
var from:  Address = 0  // a and b, once fetched and found valid
var to:    Address = 0
var state: State   = Fetch
var jump:  bool    = false

head a      = attend(query: pc,   key: here, value: cell)
head b      = attend(query: pc_b, key: here, value: cell)
head c      = attend(query: pc_c, key: here, value: cell)
head cell_a = attend(query: from, key: here, value: cell)
head cell_b = attend(query: to,   key: here, value: cell)

fn jump_to(address) {
    pc <- address;  pc_b <- address + 1;  pc_c <- address + 2
}

mlp {
    match state {
        Fetch => if a < 0 or b < 0 { state <- Done }
                 else { from <- a;  to <- b;  state <- Execute }
        Execute => {
            let difference = cell_b - cell_a
            jump <- difference <= 0
            if here == to { cell <- cell - cell_a }  // there, cell is cell_b: fewer values to read
            state <- Branch
        }
        Branch => if not jump { jump_to(pc + 3);  state <- Fetch }
                  else if c < 0 { state <- Done }
                  else { jump_to(c);  state <- Fetch }
    }
}

output cell
halt when state == Done
"""

#: Every construct of the grammar.
EVERYTHING = """\
program parity
import std.stack
import std.stack as s
import "lib/x.alta" as x
param MAX = 50
param LOW: -64..0 = -16
const TABLE = [ 1, 2,
  3 ]
type Word = LOW..HIGH
type Flag = bool
enum State { Fetch, Execute, Done }
enum State2 {
  Fetch
  Execute
  Done = "x",
}
enum Action { NONE = "", WALK = "I_WALK" }
tokens 0, 1, START
tokens 0..9, "+", s, e, PAD = ""
tokens Word
tokens "jump", "turn left"
text characters
text words
positions SIZE
frame START, input, END, PAD to 50
frame START * 3, input, PAD to
   50
var parity: bool = token == 1
var here: Address = position
var x: real in {1/n for n in 1..MAX} = 0
var seen: set of Address in [{0}, {0, 1}] = {0}
var from: set of stack.Thing
var to = {}
var text: bool = true
head parity_left = parity at -1
head near = parity at {-1, 1}
head left = x at -8..-1
head a = attend(query: pc, key: here, value: cell)
head b = attend(
   query: pc,
   key: here,
   value: cell,
   at: {-1, 0},
)
head mean: real in BUCKETS = attend(query: true, key: one, value: start)
fn double(x) = x * 2
fn jump_to(address) { pc <- address;  pc_b <- address + 1 }
fn push(stack_pointer, x) { stack_pointer <- stack_pointer + 1 }
component Stack(T, capacity: 1..9 = 8) {
   var top: T = token
   head q = top at -1
   fn push(x) { top <- x }
   type Z = 0..capacity - 1
   const c = {1: 2, 3: 4}
   mlp { top <- 1 }
}
use stack = Stack(T: Symbol, capacity: 8)
use q = s.Queue
mlp {
    to <- from
    text <- not a in b
    limit <- a not in b or c
       and d
    stack.push(x)
    let (p, q) = (1, 2)
    let f: bool = x == 3
    for (i, r) in zip(a, {1, 2}) { RULES[r].target[i] <- 3; x <- -3 }
    for r in RULES { x <- r.test }
    match x {
        0 | 1 => a <- 3
        2..4 => f(x)
        -5 => { let z = 3; z }
        _ => if a { x } else if b { y }
             else { z }
    }
    match (a, b) { (A | B, _) => 1, (State.C, -1..3) => 2; ((x, y), "a") => {} }
    let z = if a == {1} { 1 } else { 2 }
    let m = [f(x) for x in xs if x > 3 for (y, z) in ys]
    let m = {x: y for x in xs}
    let r = (lhs: a, type: [b], at: 3)
    let t = ((a,), (), (a, b,), (a))
    a.b(c)[3].d <- x div 3 % 4 - 1
    a <= b < c
    {1, 2}
}
rules {
    parity = false, done = false, done_left = true, parity_left = true => parity <- true
    x = {1, 2},
      y = "a" => z <- -3
}
rules {}
output parity
halt when done
layers 2
causal until END limit 64
causal limit 3
causal until END
   limit 3
test [START, 1, 0, 1] => [false, true, true, false]
test "s12+34e" => "046"
"""
