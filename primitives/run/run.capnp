@0xb1f4c8d3a7e60251;
# Payloads and the record of a run. Ids are 16 bytes; text is bytes, so that nothing is refused here
# that was accepted when it was written. Rules: docs/format/run.md.

struct RunCreate {
  run @0 :Data;
  parent @1 :Data;        # empty: none
  forkedFrom @2 :Data;    # empty: not a fork
  forkedAt @3 :UInt64;    # LSN; 0: not a fork
  name @4 :Data;
  tags @5 :List(Data);    # ascending, none twice
  metadata @6 :Data;      # JSON object text; empty: none
  paused @7 :Bool;        # begins later
}

struct RunUpdate {
  run @0 :Data;
  setsName @1 :Bool;
  name @2 :Data;
  setsTags @3 :Bool;
  tags @4 :List(Data);
  setsMetadata @5 :Bool;
  metadata @6 :Data;
}

struct RunEnd {
  run @0 :Data;
  status @1 :UInt8;       # any but active
  outcome @2 :Data;       # for people: a result, an error; empty: none
}

struct RunBegin {
  run @0 :Data;
}

struct RunDelete {
  run @0 :Data;
}

# A row of the table "runs".
struct RunRow {
  created @0 :UInt64;     # microseconds since 1970
  parent @1 :Data;
  forkedFrom @2 :Data;
  forkedAt @3 :UInt64;
  name @4 :Data;
  tags @5 :List(Data);
  metadata @6 :Data;
}
