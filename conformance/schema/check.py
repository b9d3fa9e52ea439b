#!/usr/bin/env python3
"""Checks documents against the schemas of crates/noark/schema.

usage: check.py SCHEMAS < JOBS

JOBS is a JSON list of {schema, text} or, for XML, {schema, file}; prints a list of what
is wrong with each, null where nothing is.
"""
import json
import pathlib
import sys

import jsonschema
import referencing
from lxml import etree


def json_error(folder, job):
    load = lambda name: json.loads((folder / name).read_text(encoding="utf-8"))
    registry = referencing.Registry(
        retrieve=lambda name: referencing.Resource.from_contents(load(name)))
    schema = load(job["schema"])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, registry=registry)
    errors = [error.message for error in validator.iter_errors(json.loads(job["text"]))]
    return "; ".join(errors) or None


def xml_error(folder, job):
    schema = etree.XMLSchema(etree.parse(folder / job["schema"]))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        document = etree.parse(job["file"], parser)
    except etree.XMLSyntaxError as error:
        return f"not XML: {error}"
    if schema.validate(document):
        return None
    return str(schema.error_log.last_error)


def main(folder):
    check = lambda job: json_error(folder, job) if "text" in job else xml_error(folder, job)
    print(json.dumps([check(job) for job in json.load(sys.stdin)]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
