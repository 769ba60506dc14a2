# Forms of coroutine code that compilers get wrong, or that dangle by the language's own rules (ARCHITECTURE.md
# "Coroutine rules"). Reads C++ files, prints `file:line: why` for each. It knows lines, statements and braces,
# not types: a form that happens to be harmless is to be written the other way too.
# Needs -v root=DIR, which is taken off the names that are printed.

FNR == 1 { statement = ""; depth = 0; raw = 0 }

{
  line = strip($0)
  for (at = 1; at <= length(line); ++at) step(substr(line, at, 1), substr(line, at + 1))
  statement = statement " "
}

# Without comments, strings and character literals.
function strip(text) {
  if (raw) {
    if (text !~ /\)[A-Za-z]*"/) return ""
    sub(/^.*\)[A-Za-z]*"/, "\"\"", text)
    raw = 0
  }
  gsub(/R"\([^)]*\)"/, "\"\"", text)
  gsub(/'(\\.|[^'\\])'/, "0", text)
  if (text ~ /R"[A-Za-z]*\(/ && text !~ /R"[A-Za-z]*\(.*\)[A-Za-z]*"/) raw = 1
  sub(/R"[A-Za-z]*\(.*$/, "\"\"", text)
  gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
  gsub(/\/\*[^*]*\*\//, "", text)
  sub(/\/\/.*$/, "", text)
  return text
}

function step(char, rest) {
  if (char == "{") open_brace()
  else if (char == "}") close_brace(rest)
  else if (char == ";") end_statement()
  else {
    statement = statement char
    if (char ~ /[tnd]/ && statement ~ /(^|[^A-Za-z0-9_])co_(await|return|yield)$/) mark_coroutine()
  }
}

# What stands before a brace decides what the brace opens.
function open_brace() {
  ++depth
  outer[depth] = statement
  kind[depth] = statement ~ /\[[^\]]*\] *(\([^()]*(\([^()]*\)[^()]*)*\))? *(mutable)? *(noexcept)? *(-> *[A-Za-z_0-9:<>, *&]+)? *$/ \
      ? "lambda" : "block"
  captures[depth] = kind[depth] == "lambda" && statement !~ /\[\] *(\(.*)?(mutable)? *(->.*)?$/
  coroutine[depth] = 0
  if (statement ~ /co_await +[A-Za-z_][A-Za-z_0-9:]*(<[^<>]*>)? *$/)
    report("co_await of a braced temporary: name it first, or give the type a constructor")
  else if (statement ~ /co_await[^=]*[(,] *$/)
    report("a braced argument inside an awaited call: name it first")
  if (kind[depth] == "lambda" && captures[depth] && statement ~ /co_await[^=]*[(,] *\[/)
    report("a capturing lambda written inside an awaited call: name it and move it in")
  # A body starts anew; a braced value (`Options{.a = 1}`) goes on.
  if (kind[depth] == "lambda" || statement ~ /\) *(const|noexcept|override|final)? *$|(else|do|try) *$/) statement = ""
  else statement = statement "{"
}

function close_brace(rest) {
  if (kind[depth] == "lambda" && captures[depth] && coroutine[depth] && rest ~ /^ *\(/)
    report("a capturing lambda coroutine called as a temporary: its captures die before it resumes")
  if (kind[depth] == "lambda") statement = outer[depth] "{}"
  else if (statement ~ /\{/) statement = statement "}"
  else statement = ""
  if (depth > 0) --depth
}

function end_statement() {
  look_at_statement()
  statement = ""
}

function look_at_statement() {
  if (statement ~ /co_await/ && statement ~ / \? / && statement ~ / : /)
    report("co_await and a ternary in one statement: write if / else")
  if (statement ~ /\{.*\.[a-z_0-9]+ *= *co_await/)
    report("co_await inside a designated initializer: await into a named local first")
}

# The nearest lambda around it is a coroutine.
function mark_coroutine(    level) {
  for (level = depth; level > 0; --level) {
    if (kind[level] == "lambda") { coroutine[level] = 1; return }
  }
}

function report(why) { print substr(FILENAME, length(root) + 2) ":" FNR ": " why }
