#include <gtest/gtest.h>

#include "controller/api/accept.h"
#include "controller/api/http.h"
#include "controller/api/route.h"

namespace weir::rest {
namespace {

TEST(Target, IsTakenApart) {
  const Request request =
      parse_target("/api/v1//pods/a%2Fb+c?labelSelector=app%3Dweb&watch&x=1+2&x=3").value();
  EXPECT_EQ(request.path, (std::vector<std::string>{"api", "v1", "pods", "a/b+c"}));
  EXPECT_EQ(request.query,
            (Pairs{{"labelSelector", "app=web"}, {"watch", ""}, {"x", "1 2"}, {"x", "3"}}));
  EXPECT_EQ(request.parameter("x"), "1 2");
  EXPECT_TRUE(request.flag("watch").value());
  EXPECT_FALSE(request.flag("absent").value());
  EXPECT_FALSE(request.flag("x"));
  EXPECT_FALSE(request.number("x"));
}

TEST(Target, BrokenEscapesAreRefused) {
  for (const char* target : {"/a%", "/a%2", "/a%zz", "/a?b=%", "/a?%=1"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
}

std::string text(const std::optional<Route>& route) {
  if (!route) return "none";
  return std::string(info(route->kind).name) + " ns=" + route->ns + " name=" + route->name +
         " sub=" + route->subresource;
}

TEST(Route, OfPaths) {
  struct Row {
    const char* path;
    const char* want;
  };
  const Row rows[] = {
      {"/api/v1/pods", "Pod ns= name= sub="},
      {"/api/v1/namespaces/default/pods", "Pod ns=default name= sub="},
      {"/api/v1/namespaces/default/pods/web", "Pod ns=default name=web sub="},
      {"/api/v1/namespaces/default/pods/web/log", "Pod ns=default name=web sub=log"},
      {"/api/v1/namespaces/default/pods/web/status", "Pod ns=default name=web sub=status"},
      {"/api/v1/namespaces", "Namespace ns= name= sub="},
      {"/api/v1/namespaces/prod", "Namespace ns= name=prod sub="},
      {"/api/v1/namespaces/prod/status", "Namespace ns= name=prod sub=status"},
      {"/apis/apps/v1/deployments", "Deployment ns= name= sub="},
      {"/apis/apps/v1/namespaces/a/deployments/web/scale", "Deployment ns=a name=web sub=scale"},
      {"/apis/apps/v1/namespaces/namespaces/deployments", "Deployment ns=namespaces name= sub="},
      {"/api/v1/namespaces/default/pods/web/scale", "none"},
      {"/api/v1/namespaces/default/pods/web/status/x", "none"},
      {"/api/v1/pods/web", "none"},
      {"/api/v1/namespaces/default/namespaces/x", "none"},
      {"/api/v1/deployments", "none"},
      {"/api/v2/pods", "none"},
      {"/apis/apps/v1", "none"},
      {"/apis/extensions/v1beta1/deployments", "none"},
      {"/api/v1", "none"},
      {"/", "none"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(text(route_of(parse_target(row.path)->path)), row.want) << row.path;
  }
}

TEST(Accept, TheFirstKnownFormWins) {
  struct Row {
    const char* accept;
    const char* want;
  };
  const Row rows[] = {
      {"", "object"},
      {"*/*", "object"},
      {"application/json", "object"},
      {"application/*;q=0.5", "object"},
      {"application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "table v1"},
      {"application/json;as=Table;g=meta.k8s.io;v=v1beta1, application/json", "table v1beta1"},
      {"application/json;as=Table;v=v2;g=meta.k8s.io,application/json", "object"},
      {"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "metadata v1"},
      {"application/vnd.kubernetes.protobuf,application/json", "object"},
      {"application/vnd.kubernetes.protobuf", "refused"},
      {"text/html", "refused"},
  };
  for (const Row& row : rows) {
    const auto form = negotiate(row.accept);
    std::string got = "refused";
    if (form) {
      got = form->type == Form::Type::object  ? "object"
            : form->type == Form::Type::table ? "table " + form->version
                                              : "metadata " + form->version;
    }
    EXPECT_EQ(got, row.want) << row.accept;
  }
}

}  // namespace
}  // namespace weir::rest
