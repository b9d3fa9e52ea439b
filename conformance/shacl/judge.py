#!/usr/bin/env python3
"""Judges a graph by the published constraints with rudof, a SHACL engine.

usage: judge.py FILE     prints [[level, rule, focus, path], …] as JSON

FILE is in N-Triples and is judged together with ontology.ttl; findings are named as
`sendebud validate` names them.
"""
import json
import pathlib
import sys

from pyrudof import RDFFormat, Rudof, RudofConfig, ShaclFormat

HERE = pathlib.Path(__file__).parent
SHACL = "http://www.w3.org/ns/shacl#"
RULES = {
    "MinCount": "minCount",
    "MaxCount": "maxCount",
    "Datatype": "datatype",
    "Class": "class",
    "NodeKind": "nodeKind",
    "Pattern": "pattern",
}
QUERIES = ("dobbeltHoveddokument", "moetesakUtenSekvensnummer", "moetesakUtenAar")


def plain(term):
    """A term without the marks that its syntax puts around it."""
    text = str(term).strip()
    return text[1:-1] if text.startswith("<") and text.endswith(">") else text


def rule(entry, path):
    component = plain(entry.constraint_component).removeprefix(SHACL)
    component = component.split(":")[-1].removesuffix("ConstraintComponent")
    if component == "Or":
        return "datatypeIn" if path.endswith("/tilknyttetDato") else "classIn"
    if component.lower() == "sparql":
        said = f"{entry.message} {entry.source_shape}"
        return next(query for query in QUERIES if query in said)
    return RULES[component]


def main(file):
    read = lambda name: (HERE / name).read_text(encoding="utf-8")
    rudof = Rudof(RudofConfig())
    rudof.read_shacl(read("shapes.ttl"), ShaclFormat.Turtle)
    rudof.read_data(read("ontology.ttl") + file.read_text(encoding="utf-8"), RDFFormat.Turtle)
    found = set()
    for entry in rudof.validate_shacl():
        path = plain(entry.path) if entry.path else ""
        level = "warning" if "Warning" in str(entry.severity) else "error"
        name = rule(entry, path)
        found.add((level, name, plain(entry.focus_node), "" if name in QUERIES else path))
    print(json.dumps(sorted(found), ensure_ascii=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
