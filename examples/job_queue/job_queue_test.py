#!/usr/bin/env python3
"""job_queue_test.py PATH_TO_PROGRAM FOLDER: what README.md says of job_queue is so."""

import json
import os
import signal
import socket
import sys
import unittest

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(_HERE)]

from example_program import ExampleProgram, arguments_of_test, kill

_PATH, _FOLDER = arguments_of_test()
_LEASE_MS = "3000"  # long enough for a worker on a busy machine, and waited for in full below
_LONG_LEASE_MS = "600000"
_ECHO = ("cat",)
# Blocks until somebody has opened the named pipe for writing and closed it again.
_WAIT_AT_GATE = ("cat", "gate")


class JobQueueTest(unittest.TestCase):
    def setUp(self):
        self.program = ExampleProgram(_PATH, os.path.join(_FOLDER, self.id().split(".")[-1]))
        self.socket = "socket"  # relative: the path of a Unix socket has at most 107 bytes
        for gate in ("gate", "gate of the heir"):
            os.mkfifo(os.path.join(self.program.folder, gate))
        self.left_running = []

    def tearDown(self):
        for process in self.left_running:
            if process.poll() is None:
                kill(process)

    def start(self, *words):
        process = self.program.start(*words)
        self.left_running.append(process)
        return process

    def serve(self, lease_ms=_LONG_LEASE_MS, attempts="3"):
        server = self.start("serve", "q.varve", self.socket, lease_ms, attempts)
        self.assertIn("serving q.varve", server.stdout.readline())
        return server

    def open(self, gate):
        with open(os.path.join(self.program.folder, gate), "w"):
            pass

    def connect(self):
        """A connection to the server: a function from request to answer."""
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        os.chdir(self.program.folder)
        connection.connect(self.socket)
        lines = connection.makefile("rw")
        self.addCleanup(lines.close)

        def ask(request):
            lines.write(json.dumps(request) + "\n")
            lines.flush()
            return json.loads(lines.readline())

        return ask

    def ask(self, verb, *words, **more):
        return self.program.run(verb, self.socket, *words, **more)

    def add(self, count):
        return self.ask("add", given="".join(f'{{"n":{n}}}\n' for n in range(count)))

    def stats(self):
        return json.loads(self.ask("stats"))

    def outcomes(self, stream):
        return [json.loads(line) for line in self.ask("list", stream).splitlines()]

    def work_until_taken(self, name, command):
        """A worker that has just taken a job, and the line that says so."""
        worker = self.start("work", self.socket, name, *command)
        line = worker.stdout.readline()
        self.assertIn(": taken", line)
        return worker, line

    def test_four_workers_complete_every_job_exactly_once(self):
        self.serve()
        self.assertEqual(self.add(100), "100 jobs from number 0 on\n")
        workers = [self.start("drain", self.socket, f"w{n}", *_ECHO) for n in range(4)]
        for worker in workers:
            worker.stdin.close()
            self.assertNotIn("refused", worker.stdout.read())
            self.assertEqual(worker.wait(), 0)
        done = self.outcomes("done")
        self.assertEqual(sorted(outcome["job"] for outcome in done), list(range(100)))
        for outcome in done:
            self.assertEqual(json.loads(outcome["result"]), {"n": outcome["job"]})
        self.assertEqual(self.stats(), {"waiting": 0, "running": 0, "retrying": 0, "done": 100,
                                        "dead": 0})

    def test_a_worker_waits_for_a_job_that_is_added_later(self):
        self.serve()
        worker = self.start("work", self.socket, "early", *_ECHO)
        self.add(1)
        self.assertEqual(worker.stdout.readline(), "job 0 attempt 1 token 1: taken\n")
        self.assertEqual(worker.stdout.readline(), "job 0 attempt 1 token 1: done\n")

    def test_the_job_of_a_killed_worker_is_taken_over_once_its_lease_has_run_out(self):
        self.serve(_LEASE_MS)
        self.add(1)
        lost, line = self.work_until_taken("lost", _WAIT_AT_GATE)
        self.assertEqual(line, "job 0 attempt 1 token 1: taken\n")
        kill(lost)
        self.assertEqual(self.ask("drain", "heir", *_ECHO),
                         "job 0 attempt 2 token 2: taken\njob 0 attempt 2 token 2: done\n")
        self.assertEqual([(o["worker"], o["token"]) for o in self.outcomes("done")], [("heir", 2)])

    def test_a_worker_that_lives_keeps_its_job_beyond_the_first_lease(self):
        self.serve(_LEASE_MS)
        self.add(1)
        slow, _ = self.work_until_taken("slow", _WAIT_AT_GATE)
        self.add(1)
        kill(self.work_until_taken("lost", _WAIT_AT_GATE)[0])
        # Taken later than job 0, and its lease has run out: so has the first one of job 0.
        heir = self.start("work", self.socket, "heir", *_ECHO)
        self.assertEqual(heir.stdout.readline(), "job 1 attempt 2 token 2: taken\n")
        self.open("gate")
        self.assertEqual(slow.stdout.readline(), "job 0 attempt 1 token 1: done\n")

    def test_a_worker_that_was_stopped_too_long_is_refused_while_its_heir_works(self):
        self.serve(_LEASE_MS)
        self.add(1)
        stopped, _ = self.work_until_taken("stopped", _WAIT_AT_GATE)
        stopped.send_signal(signal.SIGSTOP)
        heir, line = self.work_until_taken("heir", ("cat", "gate of the heir"))
        self.assertEqual(line, "job 0 attempt 2 token 2: taken\n")
        stopped.send_signal(signal.SIGCONT)
        self.open("gate")
        self.assertEqual(stopped.stdout.readline(),
                         "job 0 attempt 1 token 1: refused, the lease was lost\n")
        self.open("gate of the heir")
        self.assertEqual(heir.stdout.readline(), "job 0 attempt 2 token 2: done\n")
        self.assertEqual([(o["worker"], o["token"]) for o in self.outcomes("done")], [("heir", 2)])

    def test_what_is_reported_under_an_old_token_is_refused(self):
        self.serve(_LEASE_MS)
        self.add(1)
        silent = self.connect()  # a worker in another language, which renews nothing
        job = silent({"ask": "take", "worker": "silent", "patience_ms": 0})
        self.assertEqual((job["job"], job["token"], job["payload"]), (0, 1, {"n": 0}))
        self.work_until_taken("heir", _WAIT_AT_GATE)
        for ask in ("complete", "fail", "renew"):
            refused = silent({"ask": ask, "job": 0, "token": 1, "result": "", "error": ""})
            self.assertIn("job 0 is not held under token 1", refused["error"])
        self.assertEqual(self.stats()["running"], 1)
        self.assertIn("INVALID_ARGUMENT", silent({"ask": "complete", "job": -1})["error"])

    def test_a_job_that_fails_too_often_is_given_up_with_its_error(self):
        self.serve(attempts="2")
        self.add(1)
        told = self.ask("drain", "w", "false")
        self.assertEqual(told.count("failed, exit code 1"), 2)
        self.assertEqual(self.outcomes("dead"), [{"attempts": 2, "error": "exit code 1", "job": 0,
                                                  "worker": "w"}])
        self.assertEqual(self.stats()["dead"], 1)

    def test_a_job_that_takes_its_worker_down_each_time_is_given_up(self):
        self.serve(_LEASE_MS, attempts="2")
        self.add(1)
        for name in ("first", "second"):
            kill(self.work_until_taken(name, _WAIT_AT_GATE)[0])
        self.assertEqual(self.ask("drain", "w", *_ECHO), "")
        self.assertEqual([(o["attempts"], o["error"]) for o in self.outcomes("dead")],
                         [(2, "its worker was lost")])

    def test_a_killed_server_has_lost_nothing_that_it_answered(self):
        server = self.serve()
        self.add(20)
        worker = self.start("work", self.socket, "w", *_ECHO)
        done = 0
        while done < 5:
            done += worker.stdout.readline().endswith(": done\n")
        kill(server)
        worker.stdin.close()
        done += worker.stdout.read().count(": done\n")
        self.assertEqual(worker.wait(), 1)  # nobody there any more
        server = self.serve()
        stats = self.stats()
        self.assertGreaterEqual(stats["done"], done)
        self.assertEqual(stats["waiting"] + stats["running"] + stats["retrying"] + stats["done"], 20)
        self.assertIn(stats["running"], (0, 1))  # with a lease of ten minutes, still held
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_a_second_server_of_the_same_store_is_refused(self):
        self.serve()
        self.assertIn("UNAVAILABLE", self.program.run("serve", "q.varve", "other", expected=1))

    def test_a_bad_payload_is_refused_and_nothing_of_its_request_stays(self):
        self.serve()
        self.assertIn("INVALID_ARGUMENT", self.ask("add", '{"n":1}', "7", expected=1))
        self.assertEqual(self.stats()["waiting"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
