"""The package in a zip file, on the path and as a program: everything is as from a folder."""

import subprocess
import sys
import zipapp
import zipfile

import pytest
from shell import ROOT, environment

TABLE = "x,y,kind\n" + "".join(f"{i % 5},{i % 3}.5,{'ab'[i % 2]}\n" for i in range(24))

COMMANDS = """
train table.csv --target kind --epochs 3 --out model.json
info model.json
evaluate model.json table.csv
predict model.json table.csv --probabilities
explain two-layer
explain two-layer -o step.html
explain model.json table.csv --grain row -o step.json
explain deep --open-functions --layer 1 --unit 0 -o step.md
step two-layer
walkthrough two-layer --epochs 5 --plot loss.svg
walkthrough digits --epochs 1 --quiet
eject copy
""".strip().splitlines()

# In one process, which is what takes its time.
PROGRAM = """
import io, json, sys
import purenet
from purenet.commands.cli import main

print(purenet.__file__)
done = []
for command in json.loads(sys.argv[1]):
    sys.stdin = io.StringIO("w\\ns\\nlist\\nq\\n")
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        status = main(command.split())
    except SystemExit as leaving:
        status = leaving.code
    done.append([status, sys.stdout.getvalue(), sys.stderr.getvalue()])
data = purenet.datasets
found = data.load_xor(), data.load_iris(), data.load_digits(), data.load_breast_cancer()
done.append([0, repr(found), ""])
sys.stdout = sys.__stdout__
print(json.dumps(done))
"""
