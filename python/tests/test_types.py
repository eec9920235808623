"""The stubs say what the module has, and a program that uses all of it is typed."""

import subprocess
import sys

import pytest

pytest.importorskip("mypy")

PROGRAM = '''
import datetime
from logis_regles import Allocation, Decision, Decisions, LogisError, Pack

pack = Pack()
plan = pack.plan(datetime.date(2017, 6, 30), ["eligible_plus"])
decision: Decision = plan.decide({"commune": "21231"})
if decision["eligible_plus"]:
    print(decision["eligible_plus"].unit)
decided: Decisions = plan.evaluate(demandes={"demande_id": ["D1"]}, states=True, progress=print)
print(decided.to_polars(), decided.dropped["demandes"] + 1)
for rule, changes in plan.counterfactual({}).items():
    print(rule, changes[0].field)
allocation: Allocation = pack.match("2017-06-30", "donnees", hard=["all"])
print(allocation.reached["fit"], len(allocation.attributions))
try:
    pack.verify(allocation, "2017-06-30", "donnees")
except LogisError as error:
    print(error.issues[0].nearest)
print(pack.simulate("essai.toml")["synthese"].columns, pack.diff(pack, by=["commune"]).notes)
'''


def mypy(*arguments):
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_is_typed(tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM, encoding="utf-8")
    mypy("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file))
    file.write_text(PROGRAM.replace("allocation.reached", "allocation.reach"), encoding="utf-8")
    with pytest.raises(AssertionError, match="reach"):
        mypy("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(file))


def test_stubs_are_those_of_the_module():
    mypy("mypy.stubtest", "logis_regles._logis", "--ignore-missing-stub", "--ignore-disjoint-bases", "--ignore-positional-only")
