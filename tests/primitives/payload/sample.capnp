@0xd0f6b3a3c5d1a7e4;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("varve::payload::sample");

# What the tests of the wrapper build and read: every kind of field that a payload may use.
struct Sample {
  number @0 :UInt64;
  bytes @1 :Data;
  children @2 :List(Sample);
}
