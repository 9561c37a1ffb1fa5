// Bodies in Kubernetes' protobuf: what real ones come to, field by field what a message comes to,
// what is refused, and the way through the API.

#include "controller/api/protobuf.h"

#include <gtest/gtest.h>

#include <set>

#include "controller/admission/schema.h"
#include "gen/protobuf.h"
#include "reconcilers/base64.h"
#include "tests/api/protobuf_recorded.h"
#include "tests/api/support.h"

namespace weir::rest {
namespace {

using nlohmann::json;

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string number(unsigned field, std::int64_t value) {
  return varint(field << 3) + varint(static_cast<std::uint64_t>(value));
}
std::string bytes(unsigned field, std::string_view value) {
  return varint(field << 3 | 2) + varint(value.size()) + std::string(value);
}

std::string body(const std::string& api_version, const std::string& kind,
                 const std::string& message) {
  return std::string("k8s\0", 4) + bytes(1, bytes(1, api_version) + bytes(2, kind)) +
         bytes(2, message) + bytes(3, "") + bytes(4, "");
}

// The document without its type, or the error.
std::string outcome(const std::string& body) {
  auto document = protobuf_document(body);
  if (!document) return document.error().message;
  document->erase("apiVersion");
  document->erase("kind");
  return document->dump();
}

TEST(Protobuf, RecordedBodiesAreWhatTheirJsonIs) {
  for (const Recorded& row : kRecorded) {
    const auto document = protobuf_document(*base64_decode(row.body));
    ASSERT_TRUE(document) << row.command << ": " << document.error().message;
    EXPECT_EQ(*document, json::parse(row.document)) << row.command;
  }
}

TEST(Protobuf, Fields) {
  struct Row {
    const char* name;
    const char* kind;
    std::string message;
    const char* want;
  };
  const auto metadata = [](const std::string& fields) { return bytes(1, fields); };
  const auto spec = [](const std::string& fields) { return bytes(2, fields); };
  const auto time = [](std::int64_t seconds, std::int64_t nanos) {
    return number(1, seconds) + number(2, nanos);
  };
  const auto port = [](const std::string& fields) { return bytes(2, bytes(1, fields)); };
  const std::string most = std::string(9, '\xff') + '\1';
  const Row rows[] = {
      {"nothing", "Pod", "", "{}"},
      {"a message that is there", "Pod", metadata("") + spec(""), R"({"metadata":{},"spec":{}})"},
      {"texts that are not set", "Pod", metadata(bytes(1, "a") + bytes(2, "") + bytes(3, "")),
       R"({"metadata":{"name":"a"}})"},
      {"numbers and flags that are not set", "Pod", spec(number(11, 0) + number(12, 1)),
       R"({"spec":{"hostPID":true}})"},
      {"the last one counts", "Pod", metadata(bytes(1, "a") + bytes(1, "")), R"({"metadata":{}})"},
      {"a zero that is meant", "Deployment", spec(number(1, 0) + number(5, 0) + number(6, 0)),
       R"({"spec":{"replicas":0,"revisionHistoryLimit":0}})"},
      {"a false that is meant", "Pod", spec(number(21, 0)),
       R"({"spec":{"automountServiceAccountToken":false}})"},
      {"a text that is required", "Pod", spec(bytes(2, bytes(1, ""))),
       R"({"spec":{"containers":[{"name":""}]}})"},
      {"a Scale says its zero", "Scale", spec(number(1, 0)), R"({"spec":{"replicas":0}})"},
      {"a message in two pieces", "Pod", metadata(bytes(1, "a")) + metadata(bytes(3, "ns")),
       R"({"metadata":{"name":"a","namespace":"ns"}})"},
      {"a negative number", "Deployment", spec(number(1, -5)), R"({"spec":{"replicas":-5}})"},
      {"a map, values that are empty or absent", "ConfigMap",
       bytes(2, bytes(1, "a") + bytes(2, "1")) + bytes(2, bytes(1, "b")) + bytes(2, ""),
       R"({"data":{"":"","a":"1","b":""}})"},
      {"bytes", "Secret", bytes(2, bytes(1, "k") + bytes(2, std::string("\0\xff", 2))),
       R"({"data":{"k":"AP8="}})"},
      {"a map of quantities", "Pod",
       spec(bytes(2, bytes(8, bytes(1, bytes(1, "cpu") + bytes(2, bytes(1, "500m")))))),
       R"({"spec":{"containers":[{"resources":{"limits":{"cpu":"500m"}}}]}})"},
      {"a number or a text: number", "Service", port(bytes(4, number(1, 0) + number(2, 80))),
       R"({"spec":{"ports":[{"targetPort":80}]}})"},
      {"text", "Service", port(bytes(4, number(1, 1) + number(2, 0) + bytes(3, "http"))),
       R"({"spec":{"ports":[{"targetPort":"http"}]}})"},
      {"neither", "Service", port(bytes(4, number(1, 2))),
       "Service in version \"v1\" cannot be handled as a Service: spec.ports.targetPort: "
       "impossible IntOrString.Type"},
      {"a time that nobody has set", "Pod", metadata(bytes(8, "")),
       R"({"metadata":{"creationTimestamp":null}})"},
      {"a time", "Pod", metadata(bytes(8, time(1'767'323'045, 999'999'999))),
       R"({"metadata":{"creationTimestamp":"2026-01-02T03:04:05Z"}})"},
      {"the first time", "Pod", metadata(bytes(8, time(0, 0))),
       R"({"metadata":{"creationTimestamp":"1970-01-01T00:00:00Z"}})"},
      {"a time beyond all calendars", "Pod", metadata(bytes(8, time(1'000'000'000'000, 0))),
       "Pod in version \"v1\" cannot be handled as a Pod: metadata.creationTimestamp: year outside "
       "of range [1,9999]"},
      {"a time with fractions", "Event", bytes(10, time(1'767'323'045, 12'345'678)),
       R"({"eventTime":"2026-01-02T03:04:05.012345Z"})"},
      {"inline: in a container's probe", "Pod",
       spec(bytes(2, bytes(10, bytes(1, bytes(2, bytes(1, "/") + bytes(2, number(2, 80))))))),
       R"({"spec":{"containers":[{"livenessProbe":{"httpGet":{"path":"/","port":80}}}]}})"},
      {"numbers one by one", "Pod", spec(bytes(14, number(4, 5) + number(4, 0))),
       R"({"spec":{"securityContext":{"supplementalGroups":[5,0]}}})"},
      {"and packed", "Pod", spec(bytes(14, bytes(4, varint(5) + varint(300) + most))),
       R"({"spec":{"securityContext":{"supplementalGroups":[5,300,-1]}}})"},
      {"JSON in a message", "Pod", metadata(bytes(17, bytes(7, bytes(1, R"({"f:a":{}})")))),
       R"({"metadata":{"managedFields":[{"fieldsV1":{"f:a":{}}}]}})"},
      {"without a name, and empty", "Pod", spec(bytes(999, "") + number(998, 0)), R"({"spec":{}})"},
      {"without a name", "Pod", spec(bytes(999, "x") + number(998, 1)),
       R"({"spec":{"#998":true,"#999":true}})"},
      {"without a name, where nobody would look", "DeleteOptions", number(99, 1),
       "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: unknown field "
       "\"#99\""},
      {"without a name in a time", "Pod", metadata(bytes(8, number(3, 1))),
       "Pod in version \"v1\" cannot be handled as a Pod: metadata.creationTimestamp: unknown "
       "field \"#3\""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(outcome(body("v1", row.kind, row.message)), row.want) << row.name;
  }
}

TEST(Protobuf, WhatIsBrokenIsRefused) {
  const std::string pod = "Pod in version \"v1\" cannot be handled as a Pod: ";
  const std::string ends = "unexpected EOF", overflow = "proto: integer overflow";
  const auto in_pod = [](const std::string& message) { return body("v1", "Pod", message); };
  std::string many;
  for (int i = 0; i < 60'000; ++i) many += bytes(2, "");
  std::string nested;
  for (int i = 0; i < 5'000; ++i) nested = bytes(2, nested);
  struct Row {
    const char* name;
    std::string body;
    std::string want;
  };
  const Row rows[] = {
      {"nothing", "",
       "the provided data does not appear to be a protobuf message, expected prefix "
       "[107 56 115 0]"},
      {"no envelope", std::string("k8s\0", 4), "no kind \"\" is registered for version \"\""},
      {"an envelope that is cut", std::string("k8s\0\x0a\x7f", 6), ends},
      {"an envelope of numbers", std::string("k8s\0\x08\x01", 6), "proto: wrong wireType = 0"},
      {"an envelope with more in it", std::string("k8s\0", 4) + number(5, 1),
       "runtime.Unknown: unknown field \"#5\""},
      {"compressed", std::string("k8s\0", 4) + bytes(3, "gzip"),
       "runtime.Unknown: contentEncoding and contentType must be empty"},
      {"a kind that has no message", body("gateway.networking.k8s.io/v1", "Gateway", ""),
       "no kind \"Gateway\" is registered for version \"gateway.networking.k8s.io/v1\""},
      {"a length that goes beyond the end",
       in_pod("\x0a\x05"
              "a"),
       pod + ends},
      {"a length of 2^63", in_pod("\x0a" + varint(std::uint64_t{1} << 63)), pod + ends},
      {"a number that is cut", in_pod("\x0a\xff"), pod + ends},
      {"a number without end", in_pod("\x0a" + std::string(11, '\xff')), pod + overflow},
      {"a field of number 0", in_pod(std::string("\x02\0", 2)),
       pod + "proto: illegal tag 0 (wire type 2)"},
      {"a field beyond all numbers", in_pod(varint(std::uint64_t{1} << 40)),
       pod + "proto: illegal tag 137438953472 (wire type 0)"},
      {"a group", in_pod("\x0b\x0c"), pod + "proto: illegal wireType 3"},
      {"a number for a message", in_pod(number(1, 7)), pod + "metadata: proto: wrong wireType = 0"},
      {"a text for a number", in_pod(bytes(2, bytes(4, "x"))),
       pod + "spec.terminationGracePeriodSeconds: proto: wrong wireType = 2"},
      {"packed numbers that are cut", in_pod(bytes(2, bytes(14, bytes(4, "\xff")))),
       pod + "spec.securityContext.supplementalGroups: " + ends},
      {"text that is none", in_pod(bytes(1, bytes(1, "a\xff"))),
       pod + "metadata.name: line 1, column 2: not valid UTF-8"},
      {"a key that is none", in_pod(bytes(1, bytes(11, bytes(1, std::string(1, '\0'))))),
       pod + "metadata.labels: line 1, column 1: a NUL byte"},
      {"JSON that is none", in_pod(bytes(1, bytes(17, bytes(7, bytes(1, "{"))))),
       pod + "metadata.managedFields.fieldsV1: line 1, column 2: not JSON"},
      {"JSON that is deep",
       in_pod(bytes(1, bytes(17, bytes(7, bytes(1, std::string(1'000, '[')))))),
       pod + "metadata.managedFields.fieldsV1: nested more than 32 l"},
      {"120,000 values", in_pod(bytes(2, many + many)),
       pod + "spec.containers: the document has more than 100000 values"},
      {"5,000 levels", in_pod(nested), pod + "spec.containers.image: line 1"},
  };
  for (const Row& row : rows) {
    const auto document = protobuf_document(row.body);
    ASSERT_FALSE(document) << row.name;
    EXPECT_EQ(document.error().code, Code::bad_request) << row.name;
    EXPECT_EQ(document.error().message.substr(0, row.want.size()), row.want) << row.name;
  }
}

// A document that JSON can say, or the client's error.
void survive(const std::string& body) {
  const auto document = protobuf_document(body);
  if (document) {
    EXPECT_EQ(json::parse(document->dump()), *document);
  } else {
    EXPECT_EQ(document.error().code, Code::bad_request);
  }
}

// tests/fuzz/protobuf.cc goes further.
TEST(Protobuf, EveryByteMayBeWrong) {
  for (const Recorded& row : kRecorded) {
    const std::string good = *base64_decode(row.body);
    for (std::size_t at = 0; at < good.size(); ++at) {
      survive(good.substr(0, at));
      survive(good.substr(0, at) + good.substr(at + 1));
      for (const int value :
           {0, 1, 2, 0x7f, 0x80, 0xff, good[at] ^ 1, good[at] ^ 8, good[at] + 1}) {
        std::string changed = good;
        changed[at] = static_cast<char>(value);
        survive(changed);
      }
    }
  }
}

// --- The table and the schemas -------------------------------------------------------------------

bool is_value(const SchemaNode& schema, const ProtobufField& field) {
  using Type = ProtobufField::Type;
  const auto form = [&](const char* name) { return field.message && field.message->name == name; };
  switch (schema.type) {
    case SchemaNode::Type::string:
      if (schema.format == "date-time") return form("Time");
      if (schema.format == "micro-time") return form("MicroTime");
      if (schema.format == "quantity") return form("Quantity");
      return field.type == (schema.format == "byte" ? Type::bytes : Type::text);
    case SchemaNode::Type::integer:
      return field.type == Type::int32 || field.type == Type::int64;
    case SchemaNode::Type::boolean:
      return field.type == Type::boolean;
    case SchemaNode::Type::int_or_string:
      return form("IntOrString");
    default:
      return field.type == Type::message;
  }
}

std::map<std::string, const ProtobufField*> named(const ProtobufMessage& message) {
  std::map<std::string, const ProtobufField*> out;
  for (const ProtobufField& field : message.fields) {
    if (field.name.empty()) {
      out.merge(named(*field.message));
    } else {
      out.emplace(field.name, &field);
    }
  }
  return out;
}

// `missing`: what has no number.
void compare(const std::string& path, const SchemaNode& schema, const ProtobufMessage& message,
             std::set<std::string>& missing) {
  const auto fields = named(message);
  for (const auto& [name, node] : schema.properties) {
    const std::string here = path + "." + name;
    const auto found = fields.find(name);
    if (found == fields.end()) {
      missing.insert(std::string(message.name) + "." + name);
      continue;
    }
    const ProtobufField& field = *found->second;
    const SchemaNode* value = node;
    if (field.shape == ProtobufField::Shape::list) value = node->items;
    if (field.shape == ProtobufField::Shape::map) value = node->additional;
    ASSERT_TRUE(value) << here << ": the shape differs";
    EXPECT_TRUE(is_value(*value, field)) << here << ": the type differs";
    if (!value->properties.empty() && field.message) compare(here, *value, *field.message, missing);
  }
}

// A field of a schema without a number could not be sent.
TEST(Protobuf, EveryFieldOfTheSchemasHasANumber) {
  std::set<std::string> missing, without;
  for (const KindInfo& kind : kinds()) {
    const std::string name(kind.name);
    if (const ProtobufMessage* message = protobuf_message(name)) {
      compare(name, Schema::get().root(kind.kind), *message, missing);
      missing.erase(name + ".apiVersion");  // in the envelope
      missing.erase(name + ".kind");
    } else {
      without.insert(name);
    }
  }
  EXPECT_EQ(without,
            (std::set<std::string>{"AnalysisRun", "AnalysisTemplate", "BackendTrafficPolicy",
                                   "ClientTrafficPolicy", "ClusterAnalysisTemplate", "Experiment",
                                   "Gateway", "GatewayClass", "GitRepository", "HTTPRoute",
                                   "Kustomization", "Receiver", "Rollout", "TCPRoute"}))
      << "custom resources elsewhere: clients have no protobuf for them";
  EXPECT_EQ(missing,
            (std::set<std::string>{"PodResourceClaim.source", "VolumeResourceRequirements.claims"}))
      << "Kubernetes has dropped these two";
}

// --- Through the API -----------------------------------------------------------------------------

class ProtobufVerbs : public ::testing::Test {
 protected:
  Response send(const std::string& method, const std::string& target, const std::string& sent,
                const char* type = kProtobuf) const {
    return api_.send(method, target, sent, type);
  }
  static std::string config_map(const std::string& more = {}) {
    return body("v1", "ConfigMap",
                bytes(1, bytes(1, "a")) + bytes(2, bytes(1, "k") + bytes(2, "v")) + more);
  }
  const std::string config_maps_ = "/api/v1/namespaces/default/configmaps";
  const std::string web_ = "/apis/apps/v1/namespaces/default/deployments/web";
  TestApi api_;
};

TEST_F(ProtobufVerbs, WritesAreAsWithJson) {
  EXPECT_EQ(send("POST", config_maps_, config_map()).status, 201);
  EXPECT_EQ(status_text(send("POST", config_maps_, config_map())),
            "409 AlreadyExists configmaps \"a\" already exists");
  const json created = body_of(api_.get(config_maps_ + "/a"));
  EXPECT_EQ(created.at("data"), json({{"k", "v"}}));
  const Response updated =
      send("PUT", config_maps_ + "/a", body("v1", "ConfigMap", bytes(1, bytes(1, "a"))));
  EXPECT_EQ(updated.status, 200) << updated.body;
  EXPECT_FALSE(body_of(updated).contains("data"));
  EXPECT_EQ(status_text(send("POST", config_maps_, body("v1", "Secret", ""))),
            "400 BadRequest Secret in version \"v1\" cannot be handled as a ConfigMap");
  EXPECT_EQ(status_text(send("POST", config_maps_, "{}")).substr(0, 46),
            "400 BadRequest the provided data does not appe");
  EXPECT_EQ(status_text(send("PATCH", config_maps_ + "/a", config_map())).substr(0, 3), "415");
  EXPECT_EQ(
      send("POST", config_maps_, config_map(), "application/vnd.kubernetes.protobuf;v=1").status,
      409)
      << "a media type may have parameters";
}

TEST_F(ProtobufVerbs, FieldsWithoutANameAreUnknownFields) {
  const std::string more = config_map(number(77, 1));
  EXPECT_EQ(status_text(send("POST", config_maps_ + "?fieldValidation=Strict", more)),
            "400 BadRequest ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict "
            "decoding error: unknown field \"#77\"");
  const Response warned = send("POST", config_maps_, more);
  EXPECT_EQ(warned.status, 201) << warned.body;
  EXPECT_EQ(warned.headers, (Pairs{{"Warning", "299 - \"unknown field \\\"#77\\\"\""}}));
  EXPECT_FALSE(body_of(warned).contains("#77"));
}

TEST_F(ProtobufVerbs, DeletingAndScaling) {
  api_.send("POST", "/apis/apps/v1/namespaces/default/deployments", deployment("web"));
  const Response scaled =
      send("PUT", web_ + "/scale", body("autoscaling/v1", "Scale", bytes(2, number(1, 0))));
  EXPECT_EQ(scaled.status, 200) << scaled.body;
  EXPECT_EQ(body_of(api_.get(web_)).at("spec").at("replicas"), 0);

  const auto options = [](const std::string& message) {
    return body("apps/v1", "DeleteOptions", message);
  };
  EXPECT_EQ(status_text(send("DELETE", web_, options(bytes(2, bytes(1, "uid-0"))))).substr(0, 12),
            "409 Conflict");
  EXPECT_EQ(send("DELETE", web_, options(bytes(5, "All"))).status, 200);
  EXPECT_EQ(api_.get(web_).status, 200) << "that was a dry run";
  EXPECT_EQ(send("DELETE", web_, options(number(1, 0) + bytes(4, "Background"))).status, 200);
  EXPECT_EQ(api_.get(web_).status, 404);
}

}  // namespace
}  // namespace weir::rest
