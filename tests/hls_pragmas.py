"""Reads the HLS pragmas of a C++ source and says what Vitis HLS would not accept, or would take for something else.

Directives, options, values and places are those of the Vitis HLS user guide UG1399, 2022.2 to 2024.1, the page
"pragma HLS ..." of each. Numbers are literals or plain names of constants, as its "Using Constants with Pragmas" has
them. Dataflow regions are held to its "Canonical Body": declarations of channels and calls, nothing else.

Sources say HLS(DIRECTIVE, options) and CHANNEL(name, words, type), the macros of kernels/pragmas.hpp: this reads them
as they stand, and tests/test_hls_pragmas.py holds the macros to what a preprocessor makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NUMBER, NAME = "a number", "a name"  # of what is in scope
MEMORY = ("bram", "lutram", "uram", "srl", "auto")
# Directive -> option -> what it may be; None: it stands alone. Of two names for one option the current one.
OPTIONS: dict[str, dict[str, object]] = {
    "INTERFACE": {"mode": ("axis", "s_axilite", "ap_ctrl_chain", "ap_ctrl_hs", "ap_ctrl_none"), "port": NAME},
    "DATAFLOW": {"disable_start_propagation": None},
    "PIPELINE": {"II": NUMBER, "rewind": None, "off": None, "style": ("stp", "flp", "frp")},
    "UNROLL": {"factor": NUMBER, "skip_exit_check": None, "off": None},
    "INLINE": {"off": None, "recursive": None},
    "LOOP_TRIPCOUNT": {"min": NUMBER, "max": NUMBER, "avg": NUMBER},
    "ARRAY_PARTITION": {"variable": NAME, "type": ("complete", "block", "cyclic"), "dim": NUMBER, "factor": NUMBER},
    "ARRAY_RESHAPE": {"variable": NAME, "type": ("complete", "block", "cyclic"), "dim": NUMBER, "factor": NUMBER},
    "BIND_STORAGE": {"variable": NAME, "latency": NUMBER, "impl": MEMORY, "type": (
        "fifo", "ram_1p", "ram_1wnr", "ram_2p", "ram_s2p", "ram_t2p", "rom_1p", "rom_2p", "rom_np")},
    "BIND_OP": {"variable": NAME, "op": ("mul", "add", "sub"), "impl": ("dsp", "fabric"), "latency": NUMBER},
    "DEPENDENCE": {"variable": NAME, "type": ("inter", "intra"), "direction": ("RAW", "WAR", "WAW"),
                   "distance": NUMBER, "true": None, "false": None},
    "STREAM": {"variable": NAME, "type": ("fifo", "pipo", "shared", "unsync"), "depth": NUMBER},
    "RESET": {"variable": NAME, "off": None},
}
REQUIRED = {"INTERFACE": {"mode", "port"}, "PIPELINE": {"II"}, "ARRAY_PARTITION": {"variable", "type"},
            "ARRAY_RESHAPE": {"variable", "type"}, "BIND_STORAGE": {"variable", "type"}, "BIND_OP": {"variable", "op"},
            "STREAM": {"variable", "depth"}, "DEPENDENCE": {"variable", "type"}, "RESET": {"variable"}}
OF_A_LOOP = {"PIPELINE", "UNROLL", "LOOP_TRIPCOUNT"}  # the first lines of its body
OF_A_FUNCTION = {"INTERFACE", "DATAFLOW", "INLINE"}  # the first lines of its body
TOP = "firstspike"
MACRO = r"HLS\((\w+)(?:, (.*))?\)"
CHANNEL = r"CHANNEL\((\w+), (\w+), (.*)\)"
# Of a dataflow region: what is said at compile time, a stream, a call, an array.
CANONICAL = r"(static_assert|using|hls::stream)\b|[\w:<>, ]+\(.*\)$|[\w:<>]+ \w+\[.*\]$"


@dataclass
class Block:
    """What stands between two braces. statements: its own, without those of blocks inside it."""

    kind: str  # "function", "loop", "struct", "block"
    name: str  # of a function or struct; a loop's label
    head: str
    line: int
    parent: Block | None
    statements: list[str] = field(default_factory=list)
    pragmas: list[tuple[int, str, dict[str, str | None]]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def directives(self) -> set[str]:
        return {directive for _, directive, _ in self.pragmas}

    @property
    def function(self) -> Block | None:
        return self if self.kind == "function" else self.parent.function if self.parent else None

    def inside(self) -> Iterator[Block]:
        yield self
        for block in self.blocks:
            yield from block.inside()

    def declared(self) -> str:
        """All that has been said so far in the blocks around, heads included: where a name must occur."""
        around = self.parent.declared() if self.parent else ""
        return "\n".join([around, self.head, *self.statements])


def read(text: str) -> tuple[Block, list[str]]:
    """The blocks of a source, and what is wrong with its pragmas, "line: what" each."""
    text = re.sub(r"//[^\n]*", "", text)
    root = block = Block("file", "", "", 1, None)
    wrong: list[str] = []
    pending, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if re.match(r"#\s*pragma (?!once)|.*\b_Pragma\b", stripped):
            wrong.append(f"{number}: a pragma that is not behind kernels/pragmas.hpp")
        if stripped.startswith("#"):
            continue
        if words := _macro(stripped, block):
            wrong += [f"{number}: {what}" for what in _pragma(words, number, block, pending.strip())]
            continue
        for char in line + "\n":
            depth += (char == "(") - (char == ")")
            if char == "{" and depth == 0:
                block = _open(block, pending.strip(), number)
                pending = ""
            elif char == "}" and depth == 0:
                if pending.strip():
                    block.statements.append(pending.strip())
                block, pending = block.parent or root, ""
            elif char == ";" and depth == 0:
                block.statements.append(pending.strip())
                pending = ""
            else:
                pending += char
    return root, wrong + [problem for inner in root.inside() for problem in _structure(inner)]


def _macro(line: str, block: Block) -> str:
    """What a line tells the tool, directive first; empty where it is none of the macros. A channel is declared, too."""
    channel, pragma = re.fullmatch(CHANNEL, line), re.fullmatch(MACRO, line)
    if channel:
        name, words, kind = channel.groups()
        block.statements.append(f'hls::stream<{kind}> {name}("{name}")')
        return f"STREAM variable={name} type=fifo depth={words}"
    return f"{pragma.group(1)} {pragma.group(2) or ''}" if pragma else ""


def _open(parent: Block, head: str, line: int) -> Block:
    label = re.match(r"(\w+):(?!:)", head)
    rest = head[label.end():].strip() if label else head
    if re.match(r"(for|while)\b", rest):
        block = Block("loop", label.group(1) if label else "", rest, line, parent)
    elif re.search(r"\b(struct|namespace)\s+\w+(<[^>]*>)?$", rest):
        block = Block("struct", re.split(r"\s+", rest)[-1], rest, line, parent)
    elif parent.kind in ("file", "struct") and ")" in rest and "=" not in rest.split("(")[0]:
        block = Block("function", re.findall(r"(\w+)\s*\(", rest)[0], rest, line, parent)
    else:
        block = Block("block", "", rest, line, parent)
        parent.statements.append(f"{rest} {{}}")
    parent.blocks.append(block)
    return block


def _pragma(line: str, number: int, block: Block, pending: str) -> Iterator[str]:
    """Take a pragma into its block; yield what is wrong with it."""
    words = line.split()
    directive = words[0]
    if directive not in OPTIONS:
        yield f"{directive} is no directive"
        return
    options: dict[str, str | None] = {}
    for word in words[1:]:
        key, equals, value = word.partition("=")
        if key in options:
            yield f"{directive}: {key} twice"
        options[key] = value if equals else None
        yield from _option(directive, key, options[key], block)
    for key in REQUIRED.get(directive, set()) - set(options):
        yield f"{directive}: {key} is missing"
    if "variable" in options and re.search(r"type=complete", line) and "factor" in options:
        yield f"{directive}: type=complete has no factor"
    block.pragmas.append((number, directive, options))
    if "factor" in options and options.get("type") == "complete":
        yield f"{directive}: type=complete has no factor"
    if pending:
        yield f"{directive}: in the middle of a statement"
    yield from (f"{directive}: {what}" for what in _place(directive, block))


def _place(directive: str, block: Block) -> Iterator[str]:
    """What is wrong with where it stands: in `block`, behind the statements that this has so far."""
    if directive in OF_A_LOOP and block.kind != "loop":
        yield "stands in no loop's body"
    if directive in OF_A_FUNCTION and block.kind != "function":
        yield "stands in no function's body"
    if directive in OF_A_LOOP | OF_A_FUNCTION and (block.statements or block.blocks):
        yield "after a statement"
    if directive == "INTERFACE" and block.name != TOP:
        yield "only at the top function"
    if block.function is None:
        yield "outside a function"


def _option(directive: str, key: str, value: str | None, block: Block) -> Iterator[str]:
    if key not in OPTIONS[directive]:
        yield f"{directive}: no option {key}"
        return
    may = OPTIONS[directive][key]
    if may is None or value is None:
        if may is not None or value is not None:
            yield f"{directive}: {key}={value}"
    elif may is NUMBER:
        if not re.fullmatch(r"\d+", value) and not _constant(value, block):
            yield f"{directive}: {key}={value} is no number and no constant in scope"
    elif may is NAME:
        if value != "return" and not re.search(rf"\b{value}\b", block.declared()):
            yield f"{directive}: {key}={value} is not declared before"
    elif value not in may:  # type: ignore[operator]
        yield f"{directive}: {key}={value}"


def _constant(name: str, block: Block) -> bool:
    """Is it a constexpr int, or an int among the parameters of a template?"""
    return re.fullmatch(r"\w+", name) is not None and re.search(
        rf"(constexpr int (\w+ = [^;,]*, )*|template <[^>]*\bint )\b{name}\b", block.declared()) is not None


def _structure(block: Block) -> Iterator[str]:
    """Loops and dataflow regions that are not what their pragmas take them for."""
    what = ()
    if block.kind == "loop":
        what = _loop(block)
    elif block.kind == "function" and "DATAFLOW" in block.directives():
        what = _dataflow(block)
    yield from (f"{block.line}: {block.name}: {problem}" for problem in what)


def _loop(block: Block) -> Iterator[str]:
    if not block.name:
        yield "a loop has no label"
    done = block.directives() & {"PIPELINE", "UNROLL"}
    nest = not any(block.statements) and [inner.kind for inner in block.blocks] == ["loop"]
    if not done and not nest:
        yield "neither pipelined, nor unrolled, nor nothing but one loop"
    for inner in block.inside():
        if done and inner is not block and inner.kind == "loop" and "UNROLL" not in inner.directives():
            yield f"{inner.name} is not unrolled inside it"
    if "while" in block.head and "LOOP_TRIPCOUNT" not in block.directives():
        yield "no LOOP_TRIPCOUNT, and its length is not constant"


def _dataflow(block: Block) -> Iterator[str]:
    deep = {options["variable"] for _, directive, options in block.pragmas if directive == "STREAM"}
    if block.blocks:
        yield "a block in a dataflow region"
    for statement in block.statements:
        stream = re.match(r"hls::stream<.*> (\w+)\(", statement)
        if stream and stream.group(1) not in deep:
            yield f"{stream.group(1)} has no depth"
        elif not re.match(CANONICAL, statement, re.DOTALL):
            yield f"no channel and no call: {statement}"
    yield from _channels(block)


def _channels(block: Block) -> Iterator[str]:
    """A stream or an array has one process that writes it and, lexically later, one that reads it."""
    calls = [re.findall(r"\w+", statement[statement.index("("):]) for statement in block.statements
             if statement.endswith(")") and not re.match(r"(static_assert|hls::stream)\b", statement)]
    for statement in block.statements:
        declared = re.match(r"hls::stream<.*> (\w+)\(|[\w:<>]+ (\w+)\[.*\]$", statement)
        if declared:
            name = declared.group(1) or declared.group(2)
            users = sum(name in call for call in calls)
            if users != 2:
                yield f"{name} is of {users} processes, not of two"


def pipelined(root: Block) -> dict[tuple[str, str], int]:
    """(function, label) -> II of every pipelined loop; a macro or constant II is none."""
    found = {}
    for block in root.inside():
        for _, directive, options in block.pragmas:
            if directive == "PIPELINE" and block.function is not None:
                found[block.function.name, block.name] = int(options["II"] or 0)
    return found
