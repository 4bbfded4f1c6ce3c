"""Validates summaries against the schema, and tries the schema itself.  summary.py SCHEMA FILE...

TAP. Every summary must be valid. Every change to one that makes it wrong must be found: a key more
or less in any object, another type of any value. And every part of the schema says what it is.
"""

import copy
import json
import sys

from jsonschema import Draft202012Validator

number = 0
failed = False


def ok(good, description, notes=()):
    global number, failed
    number += 1
    failed = failed or not good
    print(f"{'ok' if good else 'not ok'} {number} - {description}")
    for note in list(notes)[:10]:
        print(f"# {note}")


# Objects in which a key may be missing: they hold what there is.
OPEN = {("output",), ("codes",)}


def is_open(path):
    return path in OPEN or (path[:1] == ("sources",) and path[-1:] == ("records",))


def nodes(value, path=()):
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from nodes(item, path + (key,))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from nodes(item, path + (index,))


def changed(document, path, change):
    """A copy in which change(parent, key) was done to the value at `path`."""
    holder = {"": copy.deepcopy(document)}
    parent, key = holder, ""
    for step in path:
        parent, key = parent[key], step
    change(parent, key)
    return holder[""]


def wrongs(document):
    """Documents with one mistake each, and what it is."""

    def put(value):
        return lambda parent, key: parent.__setitem__(key, value)

    for path, value in nodes(document):
        where = "/".join(map(str, path)) or "the document"
        if isinstance(value, dict):
            yield changed(document, path, lambda p, k: p[k].update(unknown=1)), f"a key more in {where}"
            for key in [] if is_open(path) else value:
                yield changed(document, path, lambda p, k: p[k].pop(key)), f"no {key} in {where}"
        wrong = [{"wrong": 1}, [["wrong"]], 1.5, -1, ""]
        if not isinstance(value, bool):
            wrong.append(True)
        for bad in wrong:
            yield changed(document, path, put(bad)), f"{json.dumps(bad)} for {where}"


def undescribed(schema, path="#"):
    """The parts of the schema that stand for a value and do not say which."""
    for key in ("properties", "$defs"):
        for name, part in schema.get(key, {}).items():
            if not part.get("description"):
                yield f"{path}/{key}/{name}"
            yield from undescribed(part, f"{path}/{key}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from undescribed(schema["items"], f"{path}/items")
    for key in ("anyOf", "oneOf"):
        for index, part in enumerate(schema.get(key, [])):
            yield from undescribed(part, f"{path}/{key}/{index}")


def loose(schema, path="#"):
    """The objects of the schema that take any key."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            if schema.get("additionalProperties") is not False:
                yield path
        for key, part in schema.items():
            yield from loose(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from loose(part, f"{path}/{index}")


# What cannot be said by a type: pairs of values that contradict each other.
CONTRADICTIONS = [
    {"published": True, "reason": "none"},
    {"published": False, "reason": None},
    {"published": True, "reason": None, "status": 5},
    {"published": True, "reason": None, "result": None},
    {"published": True, "reason": None, "files": []},
    {"status": 0, "severities": {"error": 1, "warning": 0, "info": 0}},
    {"status": 1, "severities": {"error": 0, "warning": 0, "info": 0}},
    {"status": 2},
    {"comparison": "never"},
    {"finished": "2026-01-31 02:30:00"},
    {"files": ["Contact.csv"]},
    {"codes": {"no_such_code": 1}},
    {"codes": {"invalid_date": 0}},
]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    ok(not list(undescribed(schema)), "every field of the schema is described", undescribed(schema))
    ok(not list(loose(schema)), "no object of the schema takes any key", loose(schema))
    documents = []
    invalid = []
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            documents.append(json.load(file))
        error = next(validator.iter_errors(documents[-1]), None)
        if error:
            invalid.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    ok(len(documents) > 300 and not invalid, f"{len(documents)} summaries are valid", invalid)
    # The ones with the most different things in them will do.
    richest = sorted(documents, key=lambda d: -len(json.dumps(d)))[:3]
    compared = next(d for d in documents if d["comparison"] == "compared" and d["published"])
    refused = next(d for d in documents if d["status"] == 5 and d["result"])
    tried = 0
    missed = []
    for document in richest + [compared, refused]:
        for wrong, what in wrongs(document):
            tried += 1
            if validator.is_valid(wrong):
                missed.append(what)
    ok(tried > 1000 and not missed, f"all of {tried} mistakes are found", missed)
    for values in CONTRADICTIONS:
        ok(not validator.is_valid({**compared, **values}), f"found: {json.dumps(values)}")
    print(f"1..{number}")
    return failed


sys.exit(main())
