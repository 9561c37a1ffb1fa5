#include "reconcilers/names.h"

#include "reconcilers/labels.h"
#include "reconcilers/object_text.h"

namespace weir {

namespace {

// Kubernetes' alphabet for made-up names: no vowels, no digits that look like them, so that no word
// comes out.
constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";

constexpr std::size_t kPodNameMax = 63;
constexpr std::size_t kSuffixLength = 5;

}  // namespace

std::uint32_t fnv1a_32(std::string_view bytes) {
  std::uint32_t hash = 2166136261u;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 16777619u;
  }
  return hash;
}

std::string pod_template_hash(const api::PodTemplateSpec& pod_template,
                              std::optional<std::int64_t> collision_count) {
  api::PodTemplateSpec plain = pod_template;
  plain.metadata.labels.erase(kPodTemplateHash);
  std::string input = template_text(plain);
  if (collision_count) input += "#" + std::to_string(*collision_count);
  std::string hash = std::to_string(fnv1a_32(input));
  for (char& c : hash) c = kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  return hash;
}

std::string pod_name(const std::string& owner, std::int64_t slot) {
  std::string name = (owner + "-").substr(0, kPodNameMax - kSuffixLength);
  std::uint32_t hash = fnv1a_32(owner + "/" + std::to_string(slot));
  for (std::size_t i = 0; i < kSuffixLength; ++i) {
    name += kAlphabet[hash % kAlphabet.size()];
    hash /= kAlphabet.size();
  }
  return name;
}

std::string free_name(const World& world, Key key) {
  const std::string name = key.name;
  for (int n = 1; world.find(key); ++n) key.name = name + "." + std::to_string(n);
  return key.name;
}

}  // namespace weir
