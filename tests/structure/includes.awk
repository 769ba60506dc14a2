# Includes go one way: main -> app -> proxy -> {policy, http, net} -> core. Reads C++ files, prints
# `file:line: why` for each include that goes another way.
# Needs -v root=DIR, the folder that holds include/holysheep and src.

BEGIN {
  may["core"] = " core "
  may["policy"] = " core policy "
  may["http"] = " core http "
  may["net"] = " core net "
  may["proxy"] = " core policy http net proxy "
  may["app"] = " core policy http net proxy app "
  may["main"] = may["app"]
  # What a room must not even know of: sockets in policy and http, HTTP in policy and net.
  foreign["policy"] = "^(boost/(asio|beast)|sys/socket|sys/epoll|netinet/|arpa/)"
  foreign["http"] = "^(boost/asio|sys/socket|sys/epoll|netinet/|arpa/)"
  foreign["net"] = "^boost/beast"
}

FNR == 1 { room = room_of(FILENAME) }

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
  target = $0
  sub(/^[^<"]*[<"]/, "", target)
  sub(/[>"].*$/, "", target)
  check(target)
}

function room_of(file,    path, parts) {
  path = substr(file, length(root) + 2)
  if (path == "src/main.cpp") return "main"
  sub(/^(include\/holysheep|src)\//, "", path)
  split(path, parts, "/")
  return parts[1]
}

function check(target,    parts) {
  if (target ~ /^(simulator|support|tests)\//) report("what ships includes nothing of " target)
  if (room in foreign && target ~ foreign[room]) report(room " must not know <" target ">")
  if (target !~ /^holysheep\//) return
  split(target, parts, "/")
  if (!(room in may)) report("no such room: " room)
  else if (index(may[room], " " parts[2] " ") == 0) report(room " must not include " parts[2])
}

function report(why) { print substr(FILENAME, length(root) + 2) ":" FNR ": " why }
