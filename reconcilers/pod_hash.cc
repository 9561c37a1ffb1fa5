#include "reconcilers/pod_hash.h"

#include <map>
#include <optional>
#include <vector>

#include "gen/fields.h"

namespace weir {

namespace {

// One overload a shape. A class, so that they see each other whatever their order.
struct Feeder {
  Fnv64& hash;

  template <class F>
  void operator()(std::string_view name, Presence, const F& field, const F& otherwise) {
    if (field == otherwise) return;
    hash.add(name);
    feed(field);
  }

  void feed(const std::string& value) { hash.add(value); }
  void feed(std::int64_t value) { hash.add(value); }
  void feed(bool value) { hash.add(std::int64_t{value}); }
  void feed(const api::Json& value) { hash.add(value.text); }
  void feed(const api::IntOrString& value) {
    if (value.is_string) {
      hash.add(value.text);
    } else {
      hash.add(value.number);
    }
  }
  template <class T>
  void feed(const std::optional<T>& value) {
    if (value) feed(*value);
  }
  template <class T>
  void feed(const std::vector<T>& values) {
    hash.add(static_cast<std::int64_t>(values.size()));
    for (const T& value : values) feed(value);
  }
  template <class T>
  void feed(const std::map<std::string, T>& values) {
    hash.add(static_cast<std::int64_t>(values.size()));
    for (const auto& [key, value] : values) {
      hash.add(key);
      feed(value);
    }
  }
  template <Reflected T>
  void feed(const T& value) {
    static const T kDefault{};
    visit_fields(*this, value, kDefault);
    hash.add("");  // the end of the struct
  }
};

}  // namespace

std::string Fnv64::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  std::uint64_t rest = hash_;
  for (auto it = out.rbegin(); it != out.rend(); ++it, rest >>= 4) *it = kDigits[rest & 15];
  return out;
}

std::string spec_hash(const api::PodSpec& pod, const api::Container& container) {
  static const api::PodSpec kDefault{};
  Fnv64 hash;
  Feeder feeder{hash};
  feeder.feed(container);
  const auto add = [&](std::string_view name, const auto& field, const auto& otherwise) {
    feeder(name, Presence{}, field, otherwise);
  };
  add("dnsConfig", pod.dnsConfig, kDefault.dnsConfig);
  add("dnsPolicy", pod.dnsPolicy, kDefault.dnsPolicy);
  add("hostAliases", pod.hostAliases, kDefault.hostAliases);
  add("hostIPC", pod.hostIPC, kDefault.hostIPC);
  add("hostNetwork", pod.hostNetwork, kDefault.hostNetwork);
  add("hostPID", pod.hostPID, kDefault.hostPID);
  add("hostname", pod.hostname, kDefault.hostname);
  add("securityContext", pod.securityContext, kDefault.securityContext);
  add("setHostnameAsFQDN", pod.setHostnameAsFQDN, kDefault.setHostnameAsFQDN);
  add("subdomain", pod.subdomain, kDefault.subdomain);
  add("volumes", pod.volumes, kDefault.volumes);
  return hash.hex();
}

void add_fields(Fnv64& hash, const api::Volume& volume) { Feeder{hash}.feed(volume); }

}  // namespace weir
