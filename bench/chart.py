"""Bar charts as SVG, for light and dark pages."""
import html
import pathlib

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 720, 190, 90, 22, 10, 64
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 } .note { fill: #57606a; font-size: 12px }
  .bar { fill: #8c959f } .ours { fill: #1f6feb }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 } .bar { fill: #6e7681 } .ours { fill: #58a6ff }
  }"""


def bars(title, note, values, decimals, unit):
    """`values`: name to number, drawn in their order; ours stand out."""
    longest = max(values.values()) or 1
    height = TOP + len(values) * (BAR + GAP) + 8
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
             f'aria-label="{html.escape(title)}">', f"<style>{STYLE}\n</style>",
             f'<text class="title" x="8" y="24">{html.escape(title)}</text>',
             f'<text class="note" x="8" y="44">{html.escape(note)}</text>']
    for row, (name, value) in enumerate(values.items()):
        y = TOP + row * (BAR + GAP)
        length = value / longest * (WIDTH - LEFT - RIGHT)
        kind = "bar ours" if name.startswith("HolySheep") else "bar"
        parts += [f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{html.escape(name)}</text>',
                  f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="3"/>',
                  f'<text x="{LEFT + length + 8:.1f}" y="{y + 16}">{value:,.{decimals}f} {unit}</text>']
    return "\n".join(parts + ["</svg>"]) + "\n"


CHARTS = {
    "requests": ("plain64.requests_per_second", "Requests a second", "more is better; one event loop, 64 connections",
                 0, ""),
    "cpu": ("plain64.cpu_us", "CPU a request", "less is better; 1 KiB each way, TLS 1.3 to upstream", 1, "µs"),
    "stream-cpu": ("streams.cpu_us", "CPU a streamed event", "less is better; 100 streams, 50 events a second each",
                   1, "µs"),
    "stream-latency": ("streams.p99_us", "A streamed event on its way, p99",
                       "less is better; 100 streams, 50 events a second each", 0, "µs"),
    "stream-memory": ("stream1000_kib", "Memory an open stream", "less is better; 1,000 streams", 1, "KiB"),
}


def write_all(folder, results, about):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    where = f"{about['cpu']}, {about['date']}"
    for name, (key, title, note, decimals, unit) in CHARTS.items():
        values = {system: figures[key] for system, figures in results.items() if key in figures}
        if not values:
            continue
        (folder / f"{name}.svg").write_text(bars(title, f"{note}; {where}", values, decimals, unit))
