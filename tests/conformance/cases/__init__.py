"""The table, a file for each story."""
import importlib

STORIES = ["start_line", "targets", "fields", "framing", "chunks", "interim", "connections", "hops", "answers", "leftovers"]


def all_cases():
    cases = []
    for story in STORIES:
        module = importlib.import_module(f"cases.{story}")
        for case in module.CASES:
            case.story = module.STORY
            cases.append(case)
    return cases
