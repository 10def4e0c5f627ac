"use strict";
(() => {
  const data = /*DATA*/;
  const find = (id) => document.getElementById(id);
  const kind = find("kind"), hour = find("hour"), sheet = find("sheet");
  const cells = [...document.querySelectorAll(".cell")], hatches = [...document.querySelectorAll(".hatch[data-i]")];
  const rows = [...document.querySelectorAll("#table tbody tr")];
  let chosen = -1;

  const say = (x) => {
    const size = Math.abs(x), digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 || !size ? 3 : 5;
    return x.toLocaleString(data.lang, {minimumFractionDigits: digits, maximumFractionDigits: digits});
  };
  const clock = (h) => `${String(h).padStart(2, "0")}.00–${String(h + 1).padStart(2, "0")}.00`;
  const when = (h) => h < 0 ? data.said.day : `${data.said.hour} ${clock(h)}`;

  // [mean, low, high] of each place: of a kind the hours share the day, of the sum each hour has its own
  const figures = (of, h) => {
    if (of === "trouble") return h < 0 ? data.trouble.day : data.trouble.hours[h];
    const {day, hours} = data.kinds[of];
    return h < 0 ? day : day.map((row) => row.map((x) => x * hours[h]));
  };
  const doubt = ([, low, high]) => high <= 0 ? 0 : low <= 0 || high / low >= 10 ? 2 : high / low > 3 ? 1 : 0;

  const show = () => {
    const h = Number(hour.value), now = figures(kind.value, h), most = Math.max(...now.map((row) => row[0]));
    const unit = h < 0 ? data.said.per_day : data.said.per_hour;
    for (const cell of cells) {
      const row = now[cell.dataset.i], place = data.places[cell.dataset.i];
      const shade = most > 0 ? Math.min(4, Math.floor(row[0] / most * 5)) : 0;
      cell.setAttribute("class", `cell s${shade}${Number(cell.dataset.i) === chosen ? " chosen" : ""}`);
      cell.querySelector("title").textContent = `${place.name}: ${say(row[0])} (${say(row[1])}–${say(row[2])}) ${unit}`;
    }
    for (const each of hatches) each.setAttribute("class", `hatch h${doubt(now[each.dataset.i])}`);
    for (const each of rows) {
      const row = now[each.dataset.i];
      each.children[2].textContent = say(row[0]);
      each.children[3].textContent = `${say(row[1])}–${say(row[2])}`;
    }
    const body = rows[0]?.parentNode;
    body?.append(...rows.sort((a, b) => now[b.dataset.i][0] - now[a.dataset.i][0] || a.dataset.i - b.dataset.i));
    find("when").textContent = when(h);
    find("most").textContent = say(most);
    find("unit").textContent = unit;
    find("caption").textContent = [kind.selectedOptions[0].textContent, when(h), unit].join(", ");
    if (chosen >= 0) tell(chosen);
  };

  const make = (tag, words, attributes = {}) => {
    const made = document.createElement(tag);
    made.append(...[words].flat());
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  const tell = (i) => {
    const place = data.places[i], h = Number(hour.value);
    const lines = Object.keys(data.kinds).map((of) => {
      const row = figures(of, h)[i];
      const head = make("th", data.kinds[of].name, {scope: "row"});
      return make("tr", [head, make("td", say(row[0]), {class: "number"}), make("td", `${say(row[1])}–${say(row[2])}`, {class: "number"})]);
    });
    const hours = data.trouble.hours.map((each) => each[i][0]), most = Math.max(...hours) || 1;
    const bars = make("div", hours.map((x, at) => {
      const bar = make("i", "", {title: `${clock(at)}: ${say(x)}`});
      bar.style.height = `${100 * x / most}%`;
      return bar;
    }), {class: "hours", role: "img", "aria-label": hours.map((x, at) => `${clock(at)} ${say(x)}`).join("; ")});
    sheet.replaceChildren(
      make("h3", place.name), make("p", `${place.kec} · ${place.people}`), make("p", place.why.join("; ")),
      make("table", make("tbody", lines)), bars, make("p", `00 – 24`, {class: "small"}),
    );
    sheet.hidden = false;
  };
  const choose = (i) => { chosen = i; show(); };

  for (const cell of cells) {
    cell.addEventListener("click", () => choose(Number(cell.dataset.i)));
    cell.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(Number(cell.dataset.i)); }
    });
  }
  for (const row of rows) row.addEventListener("click", () => choose(Number(row.dataset.i)));
  kind.addEventListener("change", show);
  hour.addEventListener("input", show);
  find("controls").hidden = false;
})();
