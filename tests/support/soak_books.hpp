#pragma once

#include "support/ledger.hpp"
#include "support/soak_client.hpp"
#include "support/soak_world.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::testing {

/// A page of `/metrics`: each series by its name with labels.
class MetricsPage {
 public:
  explicit MetricsPage(const std::string& text);

  /// The sum of a family's series whose labels hold `part`.
  double sum(const std::string& family, const std::string& part = {}) const;
  /// The same by the value of one label.
  std::map<std::string, double> by(const std::string& family, const std::string& label) const;

 private:
  std::map<std::string, double> series_;
};

/// The whole lines that a growing file of JSON lines has got since it was last asked.
class NewLines {
 public:
  explicit NewLines(std::filesystem::path path) : path_(std::move(path)) {}
  std::vector<nlohmann::json> next();

 private:
  std::filesystem::path path_;
  std::uintmax_t read_ = 0;
};

/// Holds what clients saw, the access log, the ledger, `/usage`, `/metrics` and the upstreams' record against
/// each other.
class SoakBooks {
 public:
  explicit SoakBooks(SoakWorld& world);

  /// Until nothing is under way and every line of so many requests is written; false when that does not come.
  bool wait_for_quiet();
  /// A round's requests, one by one; then all the sums since the start.
  void close_round(const std::vector<SoakRequest>& plan, const std::vector<SoakSeen>& seen);

  /// What is wrong, the first of it in words.
  std::size_t complaints() const { return complaints_; }
  /// The sums, for people.
  std::string text() const;

 private:
  struct Account {
    const SoakRequest* request = nullptr;
    const SoakSeen* seen = nullptr;
    std::vector<nlohmann::json> log = {};
    std::vector<nlohmann::json> own = {};
    std::vector<nlohmann::json> retried = {};
    std::vector<nlohmann::json> told = {};
  };

  MetricsPage metrics() const;
  std::string disquiet() const;
  void complain(const std::string& what, const Account* account = nullptr);
  void read_files();
  void read_upstreams();
  void add_log_line(const nlohmann::json& line);
  void add_told_classes(const Account& account);
  void check(const Account& account);
  void check_log(const Account& account);
  void check_ledger(const Account& account);
  void check_attempts(const Account& account);
  void check_sums();
  void check_attempt_sums(const MetricsPage& page);
  void expect_equal(const std::string& what, const std::map<std::string, double>& counted,
                    const std::map<std::string, double>& logged);
  void expect_equal(const std::string& what, double counted, double logged);

  SoakWorld& world_;
  NewLines log_;
  NewLines ledger_;
  std::unordered_map<std::string, Account> accounts_;
  std::size_t complaints_ = 0;

  // Sums since the start.
  std::map<std::string, double> statuses_, codes_, caches_, hogs_;
  double logged_ = 0, own_lines_ = 0, retried_lines_ = 0, partial_ = 0, lost_ = 0, asked_ = 0, left_ = 0;
  double request_bytes_ = 0, response_bytes_ = 0;
  double own_attempts_ = 0, unreached_ = 0, replaced_ = 0;
  double taken_again_ = 0;
  std::map<std::string, double> told_classes_;
  double tellings_ = 0, told_errors_ = 0;
  Tokens spent_, told_, half_told_;
  std::int64_t nano_ = 0;
};

}  // namespace holysheep::testing
