// The files that people write: models and their prices, clients and their keys.
#include "fuzz.hpp"
#include "memory_file.hpp"
#include <holysheep/app/client_keys_file.hpp>
#include <holysheep/app/models_file.hpp>
#include <holysheep/core/json_document.hpp>
#include <holysheep/core/value_forms.hpp>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace holysheep::fuzz {
namespace {

void expect_problems_are_told(const std::vector<std::string>& problems) {
  expect(!problems.empty(), "a refusal has a reason");
  for (const std::string& problem : problems)
    expect(!problem.empty() && is_one_line(problem), "a problem is one line");
}

void expect_prices_are_sane(const PriceTable& table) {
  for (const PricedModel& model : table.models()) {
    expect(table.find(model.id) == &model, "a model is found by its name");
    for (const Price& price : {model.price, model.direct})
      expect(price.input <= most_pico_usd && price.cached_input <= most_pico_usd &&
                 price.output <= most_pico_usd,
             "a price is bounded");
    for (const auto& alias : model.aliases)
      expect(!alias.empty() && table.find(alias) != nullptr, "an alias leads to a model");
  }
}

void expect_clients_are_sane(const ClientTable& table) {
  for (const Client& client : table.clients()) {
    expect(client.share != nullptr, "a client has a share");
    (void)may_use(client, "gpt-4.1");
    (void)expired(client, std::chrono::system_clock::time_point{});
  }
}

}  // namespace

void documents(std::string_view input) {
  static MemoryFile file;
  const unsigned choice = take_choice(input, 3);
  if (choice == 0) {
    const auto document = parse_document(input);
    if (!document) return expect_problems_are_told(document.error());
    expect(nlohmann::json::parse(input, nullptr, false) == *document, "a document is what it says");
    expect(input.find('\0') == input.npos, "a document has nothing behind its end");
    (void)shown_kind(*document);
    return;
  }
  file.write(input);
  if (choice == 1) {
    const auto models = app::read_models(file.path());
    if (!models) return expect_problems_are_told(models.error());
    return expect_prices_are_sane(**models);
  }
  const auto clients = app::read_client_keys(file.path(), nullptr);
  if (!clients) return expect_problems_are_told(clients.error());
  expect_clients_are_sane(**clients);
  const auto again = app::read_client_keys(file.path(), clients->get());
  expect(again && (*again)->clients().size() == (*clients)->clients().size(),
         "a file that is read again says the same");
  for (std::size_t i = 0; i < (*again)->clients().size(); ++i)
    expect((*again)->clients()[i].share == (*clients)->clients()[i].share,
           "a client that stays keeps its share");
}

}  // namespace holysheep::fuzz
