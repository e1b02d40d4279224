#!/usr/bin/env python3
"""agent_memory_test.py PATH_TO_PROGRAM FOLDER: what README.md says of agent_memory is so."""

import os
import sys
import unittest

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(_HERE)]

from example_program import ExampleProgram, arguments_of_test, kill

_PATH, _FOLDER = arguments_of_test()

_TIPS = """The night train to Lisbon leaves Madrid at nine and
arrives in the morning.

Trams in Lisbon are paid with a card that is bought at any kiosk.
"""
_SAID = """remember destination is Lisbon
plan book a train
plan find a hotel
done 1
read tips.txt
how do I pay for the tram
what is destination
"""


class AgentMemoryTest(unittest.TestCase):
    def setUp(self):
        self.program = ExampleProgram(_PATH, os.path.join(_FOLDER, self.id().split(".")[-1]))
        self.tips = os.path.join(self.program.folder, "tips.txt")

    def run_it(self, *words, **more):
        return self.program.run("a.varve", *words, **more)

    def write_tips(self):
        with open(self.tips, "w", encoding="utf-8") as file:
            file.write(_TIPS)

    def killed_while_reading(self):
        """The id of a run whose process was killed in the middle of its third step."""
        os.mkfifo(self.tips)  # blocks who reads it
        agent = self.program.start("a.varve", "chat", "trip")
        run = agent.stdout.readline().split()[1]
        agent.stdin.write("plan book a train\nremember destination is Lisbon\nread tips.txt\n")
        agent.stdin.flush()
        while agent.stdout.readline() != "reading tips.txt\n":
            pass
        kill(agent)
        os.remove(self.tips)
        return run

    def test_each_kind_of_memory_answers(self):
        self.write_tips()
        answers = self.run_it("chat", "trip", given=_SAID).splitlines()
        self.assertEqual(answers[1:7],
                         ["destination is Lisbon.", "Item 1 of the plan: book a train.",
                          "Item 2 of the plan: find a hotel.", "Done: book a train.",
                          "reading tips.txt", "I have read 2 paragraphs of tips.txt."])
        self.assertEqual(answers[7], "That reminds me of:")
        self.assertIn("step 5  Trams in Lisbon are paid with a card", answers[8])
        self.assertEqual(answers[-1], "destination is Lisbon.")
        shown = self.run_it("show", "trip")
        self.assertIn("after step 7, listening, 3 texts to recall\n", shown)
        self.assertIn("fact  destination is Lisbon\nplan  [x] book a train\n", shown)
        self.assertIn("step 5  thought, ok\n  read  tool_call, ok", self.run_it("trace", "trip"))
        self.assertIn("everything that belongs together", self.run_it("check", "trip"))
        self.assertIn("paused  trip, 7 steps", self.run_it("runs"))

    def test_a_step_that_a_crash_has_interrupted_is_taken_up_again(self):
        run = self.killed_while_reading()
        self.assertIn("active  trip, 3 steps", self.run_it("runs"))
        self.assertIn("after step 3, reading tips.txt", self.run_it("show", run))
        self.assertIn("read  tool_call, unset, not finished", self.run_it("trace", run))
        self.run_it("check", run)
        self.write_tips()
        told = self.run_it("chat", "another", given="what is destination\nend\n").splitlines()
        self.assertEqual(told, [f"run {run}", "reading tips.txt",
                                "I have read 2 paragraphs of tips.txt.", "destination is Lisbon."])
        trace = self.run_it("trace", run)
        self.assertIn("read  tool_call, error: interrupted by a crash", trace)
        self.assertIn("read  tool_call, ok", trace)
        self.assertNotIn("not finished", trace)
        self.run_it("check", run)
        self.assertIn("completed  trip, 4 steps", self.run_it("runs"))
        self.assertIn("FAILED_PRECONDITION", self.run_it("continue", run, expected=1))

    def test_what_a_killed_agent_has_answered_is_remembered_whole(self):
        agent = self.program.start("a.varve", "chat", "trip")
        agent.stdin.write("".join(f"plan item {n}\n" for n in range(1, 401)))
        agent.stdin.flush()
        line = ""
        while not line.startswith("Item 40 "):
            line = agent.stdout.readline()
        kill(agent)
        self.run_it("check", "trip")
        shown = self.run_it("show", "trip")
        steps = int(shown.split()[2].rstrip(","))
        self.assertGreaterEqual(steps, 40)
        self.assertEqual(shown.count("plan  [ ] "), steps)

    def test_the_past_is_shown_as_it_was_and_a_fork_goes_on_from_it(self):
        self.write_tips()
        self.run_it("chat", "trip", given=_SAID)
        third = self.run_it("show", "trip", "3")
        self.assertIn("after step 3, listening, 0 texts", third)
        self.assertIn("plan  [ ] book a train\n", third)
        self.run_it("fork", "trip", "3", "by plane")
        self.run_it("continue", "by plane", given="remember destination is Porto\nend\n")
        self.assertEqual(self.run_it("show", "by plane", "3"), third)
        self.assertIn("fact  destination is Porto\nplan  [ ] book a train\n",
                      self.run_it("show", "by plane", "4"))
        self.assertIn("fact  destination is Lisbon\nplan  [x] book a train\n",
                      self.run_it("show", "trip"))
        diff = self.run_it("diff", "trip", "by plane")
        self.assertIn("~ varve.kv  fact/destination  Lisbon  ->  Porto\n", diff)
        for run in ("trip", "by plane"):
            self.run_it("check", run)
        self.assertIn("NOT_FOUND", self.run_it("show", "trip", "9", expected=1))

    def test_a_second_agent_is_refused_and_readers_look_on(self):
        os.mkfifo(self.tips)
        agent = self.program.start("a.varve", "chat", "trip")
        agent.stdin.write("read tips.txt\n")
        agent.stdin.flush()
        while agent.stdout.readline() != "reading tips.txt\n":
            pass
        self.assertIn("UNAVAILABLE", self.run_it("chat", expected=1))
        self.assertIn("after step 1, reading tips.txt", self.run_it("show", "trip"))
        self.write_tips()  # into the pipe
        self.assertEqual(agent.stdout.readline(), "I have read 2 paragraphs of tips.txt.\n")
        kill(agent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
