#!/usr/bin/env python3
"""document_search_test.py PATH_TO_PROGRAM FOLDER: what README.md says of document_search is so."""

import json
import os
import sys
import unittest

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(_HERE), _HERE]

import packages_to_json_lines
from example_program import ExampleProgram, arguments_of_test, kill

_PATH, _FOLDER = arguments_of_test()

_RECIPES = [
    {"id": "bread", "title": "Rye bread", "text": "Flour, water, salt and a sour dough.", "minutes": 300},
    {"id": "soup", "title": "Pea soup", "text": "Peas, onions and a bone, cooked slowly.", "minutes": 120},
    {"id": "salad", "title": "Bean salad", "text": "White beans, onions, oil, vinegar.", "minutes": 15},
]


def lines_of(documents):
    return "".join(json.dumps(document) + "\n" for document in documents)


class DocumentSearchTest(unittest.TestCase):
    def setUp(self):
        self.program = ExampleProgram(_PATH, os.path.join(_FOLDER, self.id().split(".")[-1]))

    def run_it(self, *words, **more):
        return self.program.run("a.varve", *words, **more)

    def ids_found(self, *words):
        return [line.split()[1] for line in self.run_it("search", *words).splitlines()]

    def import_recipes(self):
        return self.run_it("import", "-", given=lines_of(_RECIPES))

    def test_every_package_is_the_document_most_like_its_own_description(self):
        packages = list(packages_to_json_lines.packages())
        self.run_it("import", "-", given=lines_of(packages))
        for package in packages[:: max(1, len(packages) // 20)]:
            found = self.run_it("search", package["title"] + "\n" + package["text"])
            # Packages of one source may share a description: theirs then has the same score.
            self.assertIn("1.000  " + package["id"] + " ", found)
        self.assertIn(f"{len(packages)} documents, {len(packages)} vectors", self.run_it("check"))

    def test_a_search_looks_at_fields_and_text(self):
        self.import_recipes()
        self.assertEqual(self.ids_found("soup of peas")[0], "soup")
        self.assertEqual(self.ids_found("onions", '{"lt":["minutes",60]}'), ["salad"])
        self.assertEqual(self.ids_found("onions", '{"lt":["minutes",1]}'), [])
        self.assertIn("INVALID_ARGUMENT", self.run_it("search", "onions", '{"below":[1]}', expected=1))

    def test_an_index_answers_and_json_path_selects(self):
        self.import_recipes()
        self.assertEqual(self.run_it("find", "/minutes", "120"), "soup\n")
        self.run_it("index", "by_minutes", "/minutes", "number")
        self.assertEqual(self.run_it("find", "/minutes", "120"), "soup\n")
        self.assertEqual(self.run_it("show", "bread", "$.minutes"), "300\n")

    def test_a_changed_text_is_found_by_what_it_says_now(self):
        self.import_recipes()
        self.run_it("set", "salad", "/text", '"Lentils and carrots, served warm."')
        self.assertEqual(self.ids_found("warm lentils")[0], "salad")
        self.assertIn("3 documents, 3 vectors", self.run_it("check"))
        self.run_it("delete", "salad")
        self.assertNotIn("salad", self.ids_found("warm lentils"))
        self.assertIn("2 documents, 2 vectors", self.run_it("check"))
        self.assertIn("no document salad", self.run_it("delete", "salad", expected=1))

    def test_the_same_file_again_changes_only_what_differs(self):
        self.import_recipes()
        changed = [dict(recipe) for recipe in _RECIPES]
        changed[1]["minutes"] = 90
        self.assertIn("0 added, 1 changed, 2 unchanged",
                      self.run_it("import", "-", given=lines_of(changed)))
        self.assertEqual(self.ids_found("onions", '{"eq":["minutes",90]}'), ["soup"])

    def test_a_bad_line_is_named_and_nothing_of_its_transaction_stays(self):
        refused = self.run_it("import", "-", given=lines_of(_RECIPES) + "{}\n", expected=1)
        self.assertIn("line 4", refused)
        self.assertIn("0 documents, 0 vectors", self.run_it("check"))

    def test_readers_beside_an_import_and_after_its_kill_see_whole_transactions(self):
        many = [dict(_RECIPES[n % 3], id=f"{n:06}") for n in range(2000)]
        running = self.program.start("a.varve", "import", "-", "50")
        running.stdin.write(lines_of(many[:400]))
        running.stdin.flush()
        self.assertEqual(running.stdout.readline(), "50 lines are durable\n")
        beside = int(self.run_it("check").split()[0])  # fails where a vector is stale or missing
        self.assertGreaterEqual(beside, 50)
        self.assertEqual(beside % 50, 0)
        while running.stdout.readline() != "300 lines are durable\n":
            pass
        kill(running)
        after = int(self.run_it("check").split()[0])
        self.assertGreaterEqual(after, 300)
        self.assertEqual(after % 50, 0)
        again = self.run_it("import", "-", given=lines_of(many))
        self.assertIn(f"{2000 - after} added, 0 changed, {after} unchanged", again)

    def test_a_store_without_its_materialized_file_answers_the_same(self):
        self.import_recipes()
        before = self.run_it("search", "onions")
        self.assertIn(".snapshot, ", self.run_it("snapshot"))
        os.remove(os.path.join(self.program.folder, "a.varve", "state.mdb"))
        self.assertEqual(self.run_it("search", "onions"), before)
        self.assertIn("3 documents, 3 vectors", self.run_it("check"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
