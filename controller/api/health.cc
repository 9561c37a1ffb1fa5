#include "controller/api/health.h"

namespace weir::rest {

Response health(const Request& request, const std::string& path,
                const std::vector<HealthCheck>& checks) {
  std::string lines = "[+]ping ok\n";
  bool good = true;
  for (const HealthCheck& check : checks) {
    if (check.trouble.empty()) {
      lines += "[+]" + check.name + " ok\n";
      continue;
    }
    if (path == "livez" && check.alive) continue;
    good = false;
    lines += "[-]" + check.name +
             " failed: " + (request.user.authenticated ? check.trouble : "reason withheld") + "\n";
  }
  lines += path + " check " + (good ? "passed" : "failed") + "\n";
  const bool verbose = request.has("verbose") || !good;
  return {.status = good ? 200 : 500,
          .content_type = "text/plain; charset=utf-8",
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .body = verbose ? lines : "ok"};
}

}  // namespace weir::rest
