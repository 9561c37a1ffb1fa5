#pragma once

// Recorder: turns EventNotes into Event objects, counted as Kubernetes counts them: the same words
// about the same object are one Event with a growing count. Events are kept an hour, and at most
// kEventsMax of them. Used by the loop's thread only; what comes between two flushes is one write.

#include <map>
#include <string>

#include "controller/loop/clock.h"
#include "controller/loop/mailbox.h"
#include "controller/store/store.h"
#include "reconcilers/plan.h"

namespace weir {

class Recorder {
 public:
  Recorder(Store& store, Mailbox& mailbox, const Clock& clock)
      : store_(store), mailbox_(mailbox), clock_(clock) {}

  void record(const World& world, const EventNote& note);
  // Writes what was recorded, unless the last write is still under way (it flushes again itself).
  void flush();
  // Drops what is older than an hour or too much.
  void expire();
  bool idle() const { return pending_.empty() && !writing_; }

 private:
  struct Pending {
    EventNote note;
    std::string uid;  // of the object it is about
    int count = 0;
    Time first_at = {};
    Time last_at = {};
  };
  Write write_of(const Key& key, const Pending& pending) const;

  Store& store_;
  Mailbox& mailbox_;
  const Clock& clock_;
  std::map<Key, Pending> pending_;
  bool writing_ = false;
};

}  // namespace weir
