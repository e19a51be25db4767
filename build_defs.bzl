# SPDX-License-Identifier: Apache-2.0
"""The one macro of this project: a test that pytest runs."""

load("@rules_python//python:defs.bzl", "py_test")

def pytest_test(name, deps, size = "medium", **kwargs):
    """Declares the test file NAME.py.

    A py_test is a program. A file of test functions alone would pass without
    running any, so tests/conftest.py is the program: it runs pytest.

    Args:
      name: the file's name without .py.
      deps: what the file imports; pytest is added.
      size: as of py_test.
      **kwargs: other attributes of py_test.
    """
    py_test(
        name = name,
        size = size,
        srcs = [
            name + ".py",
            "//tests:conftest.py",
        ],
        args = [native.package_name() + "/" + name + ".py"],
        main = "//tests:conftest.py",
        deps = deps + ["@pypi//pytest"],
        **kwargs
    )
