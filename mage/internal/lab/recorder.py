# SPDX-License-Identifier: Apache-2.0
#
# Runs a script of unittest tests, such as rdma-core's run_tests.py, as it is, and writes what became of each test.
#   recorder.py OUT SCRIPT [ARGUMENT...]
# OUT gets one JSON object a line: {"plan": [names]} first, then {"start": name} and {"test": name, "state": ...,
# "reason": ...} for each test; a test that ends without a line of the second kind has ended the interpreter.

import json
import os
import runpy
import sys
import unittest

out = open(sys.argv[1], "w", encoding="utf-8", buffering=1)


def write(**record):
    out.write(json.dumps(record) + "\n")


def names(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from names(test)
        else:
            yield test.id()


def last_line(err):
    kind, value, _ = err
    return f"{kind.__name__}: {value}".strip().splitlines()[-1]


class Recorder(unittest.TextTestResult):
    """Writes a line as soon as a test has begun and ended."""

    def startTest(self, test):
        super().startTest(test)
        write(start=test.id())

    def addSuccess(self, test):
        super().addSuccess(test)
        write(test=test.id(), state="pass")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        write(test=test.id(), state="unsupported", reason=reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        write(test=test.id(), state="fail", reason=last_line(err))

    def addError(self, test, err):
        super().addError(test, err)
        write(test=test.id(), state="fail", reason=last_line(err))

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        write(test=test.id(), state="pass", reason="fails as expected")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        write(test=test.id(), state="fail", reason="passes unexpectedly")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            write(test=test.id(), state="fail", reason=last_line(err))


class Runner(unittest.TextTestRunner):
    """Says first which tests there are."""

    resultclass = Recorder

    def run(self, test):
        write(plan=list(names(test)))
        return super().run(test)


unittest.TextTestRunner = unittest.runner.TextTestRunner = Runner
script = sys.argv[2]
sys.argv = sys.argv[2:]
sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
runpy.run_path(script, run_name="__main__")
