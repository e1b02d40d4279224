#!/usr/bin/env python3
"""Writes agent_run.jsonl: one day of a support agent of a small web shop, step by step.

    python3 make_run.py > agent_run.jsonl

The same bytes every time and everywhere: the only randomness is the generator below, with a seed of
its own. README.md says what the fields mean.
"""

import json
import sys

TICKETS = 210
DAY_START = 1_775_030_400_000_000  # 2026-04-01 08:00:00 UTC, in microseconds
MASK = (1 << 64) - 1

FIRST_NAMES = ["Ada", "Bruno", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas",
               "Keiko", "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tilda"]
PRODUCTS = [("espresso grinder", 18900), ("walking boots", 13950), ("desk lamp", 4990),
            ("rain jacket", 11900), ("cast iron pan", 6450), ("bicycle pump", 2990),
            ("wool blanket", 8900), ("field notebook", 1250), ("travel kettle", 3990),
            ("climbing rope", 15900), ("headlamp", 5490), ("picnic basket", 7250)]
CITIES = ["Vienna", "Lisbon", "Gdansk", "Turin", "Porto", "Graz", "Lyon", "Aarhus", "Brno", "Ghent"]
CARRIERS = ["northpost", "quickvan", "railbox"]
INTENTS = {
    "late": ["My {product} was to arrive on {day}, and it has not. Where is it?",
             "Order {order} still says 'in transit' after two weeks. Has the {product} been lost?",
             "I ordered a {product} for a birthday in {city}. Will it come in time?"],
    "refund": ["The {product} arrived broken. I would like my money back, please.",
               "I sent the {product} back ten days ago and have seen no refund for order {order}.",
               "This is not the {product} that I saw on your page. How do I return it?"],
    "address": ["I have moved to {city}. Can you send order {order} there instead?",
                "There is a mistake in the street number of order {order}, please correct it."],
    "advice": ["Is the {product} good for everyday use, or should I take the larger one?",
               "Does the {product} come with a warranty, and for how long?",
               "Can I use the {product} outdoors in winter? It gets cold in {city}."],
    "invoice": ["I need an invoice for order {order} with the name of my company on it.",
                "The invoice for the {product} shows the wrong amount."],
}
PASSAGES = {
    "late": ["A parcel that has not moved for seven days counts as lost; offer a replacement or a refund.",
             "Carriers scan parcels at each depot. A gap of up to three days is normal at weekends.",
             "Express orders that arrive late are refunded their shipping costs without being asked."],
    "refund": ["Refunds go to the means of payment of the order and take three to five working days.",
               "Broken goods are replaced without a return when they cost less than 50 euros.",
               "A return needs a label; labels are valid for 30 days after they were made."],
    "address": ["An address can be changed until the parcel has been handed to the carrier.",
                "After hand-over the carrier may redirect a parcel within the same country only."],
    "advice": ["All kitchen goods have a warranty of five years, all others of two.",
               "Rain jackets are tested at ten metres of water column and minus fifteen degrees.",
               "The small grinder holds 40 grams; for more than four cups a day take the large one."],
    "invoice": ["Invoices can be written anew for 90 days; after that bookkeeping must be asked.",
                "A company's name and tax number are put on an invoice when both are given."],
}
THOUGHTS = {
    "late": "The customer wants to know where the parcel is; the carrier's last scan decides.",
    "refund": "This is about money: check the payment first, then whether the goods must come back.",
    "address": "Only possible if the parcel has not left yet; look at the shipment before promising.",
    "advice": "No order is involved. The knowledge base should answer this; keep it short.",
    "invoice": "A document is wanted, not an opinion; find the order and write the invoice again.",
}
REPLIES = {
    "late": "Your parcel was last seen in {city} and should be with you on {day}. We keep an eye on it.",
    "refund": "We have refunded {amount} euros for the {product}; it takes three to five working days.",
    "address": "We have changed the address of order {order} to {city}.",
    "advice": "Short answer: yes. The {product} is made for that and has a warranty of two years.",
    "invoice": "A new invoice for order {order} is attached. The old one is no longer valid.",
    "escalated": "This needs a colleague. You will hear from a person today, before six o'clock.",
}
FAILURES = [("timeout", "no answer within 3000 ms"), ("rate_limited", "429: retry after 2 s"),
            ("unavailable", "503: the backend is being restarted"),
            ("not_found", "404: there is no such record")]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


class Random:
    """SplitMix64: ten lines that no library version changes."""

    def __init__(self, seed):
        self.state = seed

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        value = self.state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
        return value ^ (value >> 31)

    def below(self, limit):
        return self.bits() % limit

    def among(self, choices):
        return choices[self.below(len(choices))]

    def chance(self, percent):
        return self.below(100) < percent


class Recorder:
    """Turns what the agent does into numbered steps, in the order of time."""

    def __init__(self, random, out):
        self.random = random
        self.out = out
        self.step = 0
        self.now = DAY_START
        self.calls = {}  # tool -> how often it went well

    def pause(self, least, most):
        self.now += least + self.random.below(most - least + 1)

    def emit(self, kind, span, **parts):
        self.step += 1
        self.now += 1
        line = {"step": self.step, "time": self.now, "kind": kind, "span": span}
        line.update({name: part for name, part in parts.items() if part is not None})
        self.out.write(json.dumps(line, separators=(",", ":"), ensure_ascii=True) + "\n")

    def span(self, kind, name, parent, duration=None, status=None, message=None, tags=(), attributes=None,
             **parts):
        """A step that records a span; `duration` None leaves it open. Returns its id."""
        start = self.now
        span = {"op": "record", "id": f"{self.random.bits() | 1:016x}"}
        if parent:
            span["parent"] = parent
        span.update({"name": name, "start": start})
        if duration is not None:
            self.now += duration
            span["end"] = self.now
        if status:
            span["status"] = status
        if message:
            span["message"] = message
        if tags:
            span["tags"] = sorted(tags)
        if attributes:
            span["attributes"] = attributes
        self.emit(kind, span, **parts)
        return span["id"]

    def finish(self, kind, span_id, status, **parts):
        self.emit(kind, {"op": "finish", "id": span_id, "end": self.now, "status": status}, **parts)


class Ticket:
    """One conversation, from the customer's message to the last state of its cell."""

    def __init__(self, recorder, number):
        self.recorder = recorder
        self.random = recorder.random
        self.id = f"ticket/{1000 + number}"
        self.intent = self.random.among(sorted(INTENTS))
        product, self.cents = self.random.among(PRODUCTS)
        self.words = {"product": product, "order": f"A{70000 + self.random.below(9000)}",
                      "city": self.random.among(CITIES), "day": self.random.among(DAYS),
                      "amount": f"{self.cents / 100:.2f}"}
        self.customer = self.random.among(FIRST_NAMES)
        self.state = None
        self.messages = 0
        self.root = None

    def move(self, to):
        change = {"cell": self.id, "to": to}
        if self.state:
            change["from"] = self.state
        self.state = to
        return change

    def event(self, event_type, **payload):
        return {"stream": self.id, "type": event_type, "payload": payload}

    def set(self, path, value):
        return {"document": self.id, "op": "set", "path": path, "value": value}

    def say(self, author, text):
        self.messages += 1
        return {"document": self.id, "op": "set", "path": f"/messages/{self.messages - 1}",
                "value": {"from": author, "text": text}}

    def open(self):
        text = self.random.among(INTENTS[self.intent]).format(**self.words)
        self.messages = 1
        document = {"customer": self.customer, "city": self.words["city"], "priority": "normal",
                    "order": None, "messages": [{"from": "customer", "text": text}]}
        self.root = self.recorder.span(
            "custom", "handle ticket", None, tags={"ticket", self.intent},
            attributes={"ticket": self.id, "channel": self.random.among(["mail", "chat", "form"])},
            event=self.event("received", customer=self.customer, length=len(text)),
            json={"document": self.id, "op": "create", "value": document},
            state=self.move("open"), text=text)

    def think(self):
        self.recorder.pause(20_000, 90_000)
        self.recorder.span("thought", "understand", self.root, 300_000 + self.random.below(900_000),
                           attributes={"tokens": 90 + self.random.below(160)},
                           text=THOUGHTS[self.intent])
        self.recorder.pause(1_000, 9_000)
        confidence = (70 + self.random.below(30)) / 100
        self.recorder.span("decision", f"intent {self.intent}", self.root, 4_000,
                           tags={self.intent}, attributes={"confidence": confidence},
                           event=self.event("classified", intent=self.intent, confidence=confidence),
                           json=self.set("/intent", self.intent), state=self.move("in_progress"))

    def search(self):
        passage = self.random.among(PASSAGES[self.intent])
        query = f"{self.intent} {self.words['product']}"
        took = 8_000 + self.random.below(50_000)
        found = self.recorder.span("query", "knowledge base", self.root, took, "ok", tags={"search"},
                                   attributes={"query": query, "hits": 1 + self.random.below(9)})
        self.recorder.span("thought", "read passage", found, 200_000 + self.random.below(300_000),
                           attributes={"score": (500 + self.random.below(500)) / 1000}, text=passage)

    def call(self, tool, arguments, result, to=None, **parts):
        """A tool call below the ticket, retried after failures; returns whether it went well.

        Where it does, the ticket moves on to the state `to`.
        """
        recorder = self.recorder
        for attempt in range(1, 4):
            recorder.pause(2_000, 30_000)
            took = 30_000 + self.random.below(700_000)
            attributes = {"tool": tool, "arguments": arguments, "attempt": attempt}
            if not self.random.chance(9):
                attributes["result"] = result
                recorder.calls[tool] = recorder.calls.get(tool, 0) + 1
                recorder.span("tool_call", tool, self.root, took, "ok", tags={"tool", tool.split(".")[0]},
                              attributes=attributes,
                              event={"stream": "tools", "type": "called",
                                     "payload": {"tool": tool, "ticket": self.id, "ms": took // 1000}},
                              kv={"key": f"calls/{tool}", "value": str(recorder.calls[tool])},
                              state=self.move(to) if to else None, **parts)
                return True
            code, message = self.random.among(FAILURES)
            failed = recorder.span("tool_call", tool, self.root, took, "error", message,
                                   tags={"tool", tool.split(".")[0], "failed"}, attributes=attributes)
            recorder.span("error", code, failed, 0, "error", message, tags={code},
                          attributes={"tool": tool, "attempt": attempt},
                          event={"stream": "tools", "type": "failed",
                                 "payload": {"tool": tool, "ticket": self.id, "code": code}})
            recorder.pause(200_000, 2_000_000)
        return False

    def look_up_order(self):
        status = self.random.among(["paid", "packed", "shipped", "delivered"])
        order = {"id": self.words["order"], "product": self.words["product"], "cents": self.cents,
                 "status": status}
        return self.call("orders.lookup", {"order": self.words["order"]}, {"status": status},
                         json=self.set("/order", order))

    def act(self):
        words = self.words
        if self.intent == "advice":
            return self.call("catalog.describe", {"product": words["product"]},
                             {"warranty_years": 2 + 3 * self.random.below(2)})
        if not self.look_up_order():
            return False
        if self.intent == "late":
            carrier = self.random.among(CARRIERS)
            return self.call("shipping.track", {"order": words["order"], "carrier": carrier},
                             {"last_scan": words["city"], "eta": words["day"]},
                             json=self.set("/order/carrier", carrier))
        if self.intent == "address":
            return self.call("orders.change_address", {"order": words["order"], "city": words["city"]},
                             {"changed": True}, json=self.set("/city", words["city"]))
        if self.intent == "invoice":
            return self.call("invoices.write", {"order": words["order"]},
                             {"invoice": f"R{20000 + self.random.below(9999)}"},
                             json=self.set("/order/invoiced", True))
        allowed = self.cents < 15_000 or self.random.chance(60)
        self.recorder.span("decision", "refund allowed" if allowed else "refund needs a person",
                           self.root, 3_000, tags={"refund", "policy"},
                           attributes={"cents": self.cents, "limit": 15_000},
                           event=self.event("decided", allowed=allowed))
        return allowed and self.call("payments.refund", {"order": words["order"], "cents": self.cents},
                                     {"refund": f"F{30000 + self.random.below(9999)}"},
                                     json=self.set("/order/refunded", self.cents))

    def follow_up(self):
        """The customer answers once more."""
        self.recorder.pause(20_000_000, 90_000_000)
        text = self.random.among(["Thank you, that helps!", "And how long will that take?",
                                  "Could you confirm that by mail, please?", "That is not what I asked."])
        self.recorder.span("custom", "customer message", self.root, 0, tags={"message"},
                           event=self.event("received", customer=self.customer, length=len(text)),
                           json=self.say("customer", text), text=text)
        self.search()
        self.call("mail.send", {"to": self.customer, "template": "confirmation"}, {"queued": True})

    def answer(self, solved):
        text = REPLIES[self.intent if solved else "escalated"].format(**self.words)
        self.recorder.pause(10_000, 60_000)
        self.recorder.span("thought", "write answer", self.root, 700_000 + self.random.below(2_000_000),
                           attributes={"tokens": len(text) // 4}, json=self.say("agent", text), text=text)
        self.call("mail.send", {"to": self.customer, "template": "answer"}, {"queued": True},
                  to="waiting" if solved else "escalated")

    def close(self, solved):
        outcome = "solved" if solved else "escalated"
        self.recorder.finish("custom", self.root, "ok" if solved else "error",
                             event=self.event("closed", outcome=outcome),
                             json=self.set("/outcome", outcome),
                             state=self.move("closed") if solved else None,
                             kv={"key": f"outcome/{self.id}", "value": outcome})


def main():
    recorder = Recorder(Random(20260401), sys.stdout)
    for number in range(TICKETS):
        ticket = Ticket(recorder, number)
        ticket.open()
        ticket.think()
        if ticket.random.chance(85):
            ticket.search()
        solved = ticket.act()
        ticket.answer(solved)
        if solved and ticket.random.chance(35):
            ticket.follow_up()
        # The last ticket is still open when the recording ends, as it is after a crash.
        if number + 1 < TICKETS:
            ticket.close(solved)
        recorder.pause(5_000_000, 150_000_000)


if __name__ == "__main__":
    main()
