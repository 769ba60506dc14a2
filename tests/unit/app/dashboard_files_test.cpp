#include <holysheep/app/dashboard_files.hpp>

#include <regex>

namespace holysheep::app {
namespace {

TEST(DashboardFiles, ThePageIsAtTheRoot) {
  const auto page = dashboard_file("/");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_TRUE(page.body.starts_with("<!doctype html>"));
}

TEST(DashboardFiles, WhatThePageNamesIsThere) {
  const std::string page(dashboard_file("/").body);
  const std::regex reference(R"re((?:src|href)="(/dashboard/[^"]*)")re");
  std::size_t found = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), reference), end; at != end; ++at, ++found) {
    EXPECT_FALSE(dashboard_file((*at)[1].str()).body.empty()) << (*at)[1];
  }
  EXPECT_EQ(found, 3U);
}

TEST(DashboardFiles, WhatItsModulesImportIsThere) {
  const std::string main(dashboard_file("/dashboard/main.mjs").body);
  const std::regex import(R"re(from "\./([a-z]+\.mjs)";)re");
  std::size_t found = 0;
  for (std::sregex_iterator at(main.begin(), main.end(), import), end; at != end; ++at, ++found) {
    EXPECT_FALSE(dashboard_file("/dashboard/" + (*at)[1].str()).body.empty()) << (*at)[1];
  }
  EXPECT_GT(found, 5U);
}

TEST(DashboardFiles, ScriptsAndStylesHaveTheTypesThatBrowsersInsistOn) {
  EXPECT_EQ(dashboard_file("/dashboard/main.mjs").type, "text/javascript; charset=utf-8");
  EXPECT_EQ(dashboard_file("/dashboard/chart.min.js").type, "text/javascript; charset=utf-8");
  EXPECT_EQ(dashboard_file("/dashboard/style.css").type, "text/css; charset=utf-8");
}

TEST(DashboardFiles, NothingElseIs) {
  for (const auto* path : {"", "/dashboard", "/dashboard/", "/dashboard/none.mjs", "/dashboard/../index.html",
                           "/style.css", "//"}) {
    EXPECT_TRUE(dashboard_file(path).body.empty()) << path;
  }
}

TEST(DashboardFiles, ThePolicyLetsNothingInlineOrForeignIn) {
  EXPECT_EQ(dashboard_policy.find("unsafe"), std::string_view::npos);
  EXPECT_EQ(dashboard_policy.find("http"), std::string_view::npos);
  EXPECT_EQ(dashboard_policy.find('*'), std::string_view::npos);
  EXPECT_TRUE(dashboard_policy.starts_with("default-src 'none'; "));
}

TEST(DashboardFiles, ThePageHasNothingInline) {
  const std::string page(dashboard_file("/").body);
  EXPECT_FALSE(std::regex_search(page, std::regex(R"(<style|\sstyle=|\son[a-z]+=|<script>|https?://)")));
}

}  // namespace
}  // namespace holysheep::app
