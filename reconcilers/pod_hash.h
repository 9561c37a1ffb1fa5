#pragma once

// Hashes by which weir recognises its work: what a container was made from (label dev.weir.spec),
// what a volume's files were made from. FNV-1a 64 over the names and values of fields that differ
// from their defaults, so that a new field of a kind changes no hash of an object that does not use
// it. They recognise, they do not protect: nothing is trusted because of a hash.

#include <cstdint>
#include <string>
#include <string_view>

#include "gen/types.h"

namespace weir {

class Fnv64 {
 public:
  // Texts end with a mark, so that "ab" + "c" is not "a" + "bc".
  void add(std::string_view text) {
    for (const char c : text) byte(static_cast<unsigned char>(c));
    byte(0xff);
  }
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<unsigned char>(number >> shift));
  }
  std::uint64_t value() const { return hash_; }
  std::string hex() const;

 private:
  void byte(unsigned char b) { hash_ = (hash_ ^ b) * 1099511628211ULL; }
  std::uint64_t hash_ = 14695981039346656037ULL;
};

// What makes this container: its own fields and those of the pod that its creation reads. The
// contents of ConfigMaps and Secrets are not in it: as in Kubernetes, their change restarts
// nothing.
std::string spec_hash(const api::PodSpec& pod, const api::Container& container);

void add_fields(Fnv64& hash, const api::Volume& volume);

}  // namespace weir
