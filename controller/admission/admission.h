#pragma once

// The door: every object that a user or a controller of theirs writes comes through here, between
// the API and the store. A document goes in; out comes the object as it will be stored, typed and
// as JSON, with warnings for its author; or an error in Kubernetes' words:
//   bad_request  it cannot be understood: no such kind, an unknown field (strict), another name
//                or namespace than the request's
//   invalid      it breaks rules of its kind; causes name the fields
//   conflict     it has another uid than the stored object
// What is stored was either refused or is valid: reconcilers rely on it.
//
// Functions without state, any thread. The one look at the world is at host paths, whose symbolic
// links are followed so that none leads to the Docker socket.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "controller/result.h"
#include "reconcilers/key.h"

namespace weir::admission {

enum class FieldValidation { strict, warn, ignore };

struct Options {
  FieldValidation field_validation = FieldValidation::strict;
  std::string ns = {};             // the request's namespace; empty: the document's, or "default"
  std::string name_suffix = {};    // for generateName: a few random characters
  std::string engine_socket = {};  // no host path may lead to it
};

// A template only so that this header does not need the JSON library: who looks inside does.
template <class Document>
struct BasicAdmitted {
  Key key = {};
  Document document = {};
  Object object = {};
  std::vector<std::string> warnings = {};  // for `Warning:` headers
};
using Admitted = BasicAdmitted<nlohmann::json>;

// A new object. status and what the server owns of metadata are dropped; generation starts at 1.
Result<Admitted> create(nlohmann::json document, const Options& options = {});

// The object after a PUT or PATCH; `before` is the stored document. Keeps what the server owns,
// status included; a changed spec raises generation. resourceVersion stays the document's: whether
// it is current is for the writer to check.
Result<Admitted> update(const nlohmann::json& before, nlohmann::json document,
                        const Options& options = {});

// The same for the status subresource: only status is taken from the document.
Result<Admitted> update_status(const nlohmann::json& before, nlohmann::json document,
                               const Options& options = {});

// The kind that a document says it is.
Result<Kind> kind_of_document(const nlohmann::json& document);

}  // namespace weir::admission
