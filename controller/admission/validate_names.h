#pragma once

// Kubernetes' rules for names, each with Kubernetes' words. Every function answers what is wrong
// with the text; an empty answer: nothing.

#include <string>
#include <string_view>

namespace weir {

std::string dns_label_problem(std::string_view text);       // web-1
std::string dns_subdomain_problem(std::string_view text);   // web.example.com
std::string qualified_name_problem(std::string_view text);  // example.com/key
std::string label_value_problem(std::string_view text);
std::string env_name_problem(std::string_view text);
std::string config_key_problem(std::string_view text);   // of ConfigMaps and Secrets: tls.crt
std::string port_name_problem(std::string_view text);    // http
std::string header_name_problem(std::string_view text);  // of HTTP, and of cookies: X-User
// Of a connection or of a body's length: whoever changes them smuggles.
bool frames(std::string header_name);
std::string relative_path_problem(std::string_view text);

}  // namespace weir
