"""The table with its columns, in Markdown."""
import re

AS_THE_RFC = "✓"
ROW = re.compile(r"^\| (.+?) \| ((?:RFC|draft) [^|]+?) \|", re.M)


def cell(difference):
    if not difference:
        return AS_THE_RFC
    return difference.replace("|", "\\|").replace("\n", " ")[:90]


def is_of(text, cases):
    """Does this text have these cases, in this order?"""
    return ROW.findall(text) == [(case.name.replace("|", "\\|"), case.section) for case in cases]


def side_by_side(cases, columns):
    systems = list(columns)
    names = [f"{system.name} {system.version()}" for system in systems]
    lines = ["# HTTP/1.1 conformance, beside nginx and HAProxy", "",
             "Made by `tests/conformance/run --compare --write`: each case is sent over a raw socket through each proxy as a",
             "gateway in front of the same raw upstream (TLS). ✓: as the section allows; else what was there instead. Where",
             "the contract wants one of several allowed outcomes, or is stricter, the note says so and our column is held to",
             "it; the others may do either.", "",
             "| | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
    for story in dict.fromkeys(case.story for case in cases):
        own = [case for case in cases if case.story == story]
        counts = [f"{sum(not columns[system][id(case)] for case in own)} of {len(own)}" for system in systems]
        lines.append(f"| {story} | " + " | ".join(counts) + " |")
    totals = [f"{sum(not columns[system][id(case)] for case in cases)} of {len(cases)}" for system in systems]
    lines += [f"| **together** | " + " | ".join(f"**{total}**" for total in totals) + " |", ""]
    for story in dict.fromkeys(case.story for case in cases):
        lines += [f"## {story}", "", "| case | section | " + " | ".join(system.name for system in systems) + " | note |",
                  "| --- | --- |" + " --- |" * len(systems) + " --- |"]
        for case in (case for case in cases if case.story == story):
            cells = [cell(columns[system][id(case)]) for system in systems]
            name = case.name.replace("|", "\\|")
            lines.append(f"| {name} | {case.section} | " + " | ".join(cells) + f" | {case.note} |")
        lines.append("")
    return "\n".join(lines)
