#include "controller/gateway/affinity.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <tuple>

#include "reconcilers/names.h"

namespace weir::gateway {

namespace {

// FNV's high bits follow the last letters only a little: here all bits follow all of them
// (MurmurHash3's finalizer).
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t h = fnv1a_32(text);
  h = (h ^ (h >> 16)) * 0x85ebca6bU;
  h = (h ^ (h >> 13)) * 0xc2b2ae35U;
  return h ^ (h >> 16);
}

std::string_view cookie_in(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    std::string_view one = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(one.size() + 1, cookies.size()));
    one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') {
      return one.substr(name.size() + 1);
    }
  }
  return {};
}

std::string_view cookie_in(const RequestHead& head, std::string_view name) {
  for (const Header& header : head.headers) {
    if (!equals_ignoring_case(header.name, "cookie")) continue;
    if (const std::string_view found = cookie_in(header.value, name); !found.empty()) return found;
  }
  return {};
}

// It says who is who, and nothing that anybody could use: chance is enough.
std::string new_key() {
  thread_local std::mt19937_64 chance{std::random_device{}()};
  constexpr char kDigits[] = "0123456789abcdef";
  std::string key;
  for (int word = 0; word < 2; ++word) {
    std::uint64_t bits = chance();
    for (int i = 0; i < 16; ++i, bits >>= 4) key += kDigits[bits & 15];
  }
  return key;
}

}  // namespace

User user_of(const RouteAffinity& affinity, std::string_view ip, bool secure,
             const RequestHead& head) {
  using By = RouteAffinity::By;
  if (affinity.by == By::nothing) return {};
  if (affinity.by == By::source_ip) return {.key = std::string(ip)};
  if (affinity.by == By::header) {
    const Header* header = head.find(affinity.name);
    if (header && !header->value.empty()) return {.key = std::string(header->value)};
    if (!affinity.given) return {};
    const std::string key = new_key();
    return {.key = key, .name = affinity.name, .value = key};
  }
  if (const auto cookie = cookie_in(head, affinity.name); !cookie.empty()) {
    return {.key = std::string(cookie)};
  }
  User user{.key = new_key(), .name = "Set-Cookie", .value = affinity.name};
  user.value.append("=").append(user.key).append("; Path=/");
  if (affinity.ttl_s > 0) user.value.append("; Max-Age=").append(std::to_string(affinity.ttl_s));
  user.value.append("; HttpOnly; SameSite=Lax");
  if (secure) user.value.append("; Secure");
  return user;
}

const Backend* backend_of(const User& user, const Rule& rule) {
  const std::uint64_t hash = hash_of("backend " + user.key);
  auto place = static_cast<std::int64_t>((hash * static_cast<std::uint64_t>(rule.weight)) >> 32);
  for (const Backend& one : rule.backends) {
    place -= one.from.weight;
    if (place < 0) return &one;
  }
  return nullptr;
}

EndpointPtr endpoint_of(const User& user, const Backend& backend,
                        const std::vector<EndpointPtr>& tried, Clock::time_point now) {
  EndpointPtr best;
  std::tuple<bool, bool, std::uint32_t> highest;
  for (const EndpointPtr& one : backend.endpoints) {
    const bool fresh = std::find(tried.begin(), tried.end(), one) == tried.end();
    const std::tuple standing(fresh, !one->health.ejected(now),
                              hash_of(user.key + " " + one->endpoint.id));
    if (!best || standing > highest) {
      best = one;
      highest = standing;
    }
  }
  return best;
}

}  // namespace weir::gateway
