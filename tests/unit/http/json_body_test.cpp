#include "fields.hpp"
#include <holysheep/http/json_body.hpp>

#include <gtest/gtest.h>

namespace holysheep::http {
namespace {

Field content_type(std::string_view value) {
  return {.name = "Content-Type", .value = value, .id = FieldName::content_type};
}
Field content_encoding(std::string_view value) {
  return {.name = "Content-Encoding", .value = value, .id = FieldName::content_encoding};
}

TEST(JsonBody, IsWhatNoFieldSaysOtherwiseOf) {
  EXPECT_TRUE(told_as_json(fields_of({})));
  EXPECT_TRUE(told_as_json(fields_of({content_type("application/json")})));
  EXPECT_TRUE(told_as_json(fields_of({content_type("Application/JSON ; charset=utf-8")})));
  EXPECT_TRUE(told_as_json(fields_of({content_type("application/vnd.api+json")})));
  EXPECT_TRUE(told_as_json(fields_of({content_encoding("identity")})));
}

TEST(JsonBody, IsNoneWhereAnyLineSaysSo) {
  const Field json = content_type("application/json");
  EXPECT_FALSE(told_as_json(fields_of({content_type("multipart/form-data; boundary=x")})));
  EXPECT_FALSE(told_as_json(fields_of({content_type("application/x-www-form-urlencoded")})));
  EXPECT_FALSE(told_as_json(fields_of({content_type("+json")})));
  EXPECT_FALSE(told_as_json(fields_of({content_type("")})));
  EXPECT_FALSE(told_as_json(fields_of({json, content_type("multipart/form-data; boundary=x")})));
  EXPECT_FALSE(told_as_json(fields_of({json, content_encoding("gzip")})));
}

TEST(JsonBody, IsUtf8Alone) {
  const auto told = [](const std::string& parameters) {
    return told_as_json(fields_of({content_type("application/json" + parameters)}));
  };
  for (const char* same :
       {";charset=UTF-8", "; charset=\"utf-8\"", "; Charset = utf8", "; a=b; charset=utf-8 ;"}) {
    EXPECT_TRUE(told(same)) << same;
  }
  for (const char* other :
       {";charset=utf-7", "; charset=\"utf-16\"", "; a=\"b;\";CHARSET=utf-32",
        "; charset=utf-8; charset=utf-7", ";charset=", ";charset", ";x=\"charset=utf-7"}) {
    EXPECT_FALSE(told(other)) << other;
  }
}

}  // namespace
}  // namespace holysheep::http
