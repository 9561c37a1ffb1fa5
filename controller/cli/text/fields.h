#pragma once

// Reading a JSON document that may lack anything: every look-up has an answer. Pure.

#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace weir::cli {

using nlohmann::json;
using Names = std::initializer_list<const char*>;

// The value below these names, or null.
const json& at(const json& object, Names names);

std::string text(const json& object, Names names);
long number(const json& object, Names names, long otherwise = 0);
bool flag(const json& object, Names names);

// The elements of a list; none when it is something else.
const std::vector<json>& items(const json& list);

// The members of an object; none when it is something else.
const std::map<std::string, json, std::less<>>& members(const json& object);

std::string name_of(const json& object);
std::string namespace_of(const json& object);

}  // namespace weir::cli
