#include <string>

#include "crash/story.h"

namespace varve::crash {

void StoryCounts::Add(const StoryCounts& other) {
  stories += other.stories;
  crashes += other.crashes;
  crashes_in_opening += other.crashes_in_opening;
  openings += other.openings;
  commits += other.commits;
  lost += other.lost;
  torn_tails += other.torn_tails;
  from_snapshot += other.from_snapshot;
  faults_fired += other.faults_fired;
  allocations_failed += other.allocations_failed;
  refused += other.refused;
}

std::string StoryCounts::ToString() const {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  return number(stories) + " stories, " + number(crashes) + " crashes (" +
         number(crashes_in_opening) + " within an opening), " + number(openings) +
         " states compared (" + number(torn_tails) + " behind a torn tail, " +
         number(from_snapshot) + " from a snapshot), " + number(commits) + " commits (" +
         number(lost) + " lost that were not promised), " + number(faults_fired) +
         " faults fired, " + number(allocations_failed) + " allocations failed, " +
         number(refused) + " openings refused";
}

}  // namespace varve::crash
