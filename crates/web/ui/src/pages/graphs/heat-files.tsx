// The hours of the week as files.
import type { Table } from "../../api/schema";
import { saveCsv, savePng } from "../../charts/export";
import { hourName } from "../../format/times";
import { cssColor } from "../../charts/palette";
import { Icon } from "../../ui/icon";

const HOURS = 24;
const CELL = { width: 34, height: 26, gap: 2, head: 20, side: 44 } as const;

/** A row per weekday, a column per hour. */
export function weekCsv({ total }: Table): string {
  const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
  const hours = Array.from({ length: HOURS }, (_, hour) => String(hour).padStart(2, "0"));
  const rows = [["", ...hours], ...days.map((day, n) => [day, ...total.slice(n * HOURS, (n + 1) * HOURS)])];
  return rows.map((row) => row.join(",")).join("\r\n") + "\r\n";
}

function drawn({ total }: Table): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const scale = Math.max(2, devicePixelRatio);
  canvas.width = (CELL.side + HOURS * CELL.width) * scale;
  canvas.height = (CELL.head + 7 * CELL.height) * scale;
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  pen.scale(scale, scale);
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";
  pen.fillStyle = cssColor("--soft");
  for (let hour = 0; hour < HOURS; hour += 3) {
    pen.fillText(hourName(hour), CELL.side + hour * CELL.width + 4, CELL.head / 2);
  }
  const most = Math.max(1, ...total);
  for (const [n, name] of ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].entries()) {
    pen.fillStyle = cssColor("--soft");
    pen.fillText(name, 0, CELL.head + (n + 0.5) * CELL.height);
    for (let hour = 0; hour < HOURS; hour++) {
      const value = total[n * HOURS + hour] ?? 0;
      const share = Math.round(12 + 88 * Math.sqrt(value / most));
      pen.fillStyle = value > 0 ? `rgb(${cssColor("--heat")} / ${share}%)` : cssColor("--sunk");
      const [x, y] = [CELL.side + hour * CELL.width, CELL.head + n * CELL.height];
      pen.fillRect(x, y, CELL.width - CELL.gap, CELL.height - CELL.gap);
    }
  }
  return canvas;
}

export function HeatTools({ title, table }: { title: string; table: Table }) {
  const tools = [
    ["download", `Save ${title} as CSV`, () => saveCsv(title, weekCsv(table))],
    ["image", `Save ${title} as a picture`, () => savePng(title, drawn(table))],
  ] as const;
  return (
    <>
      {tools.map(([icon, name, act]) => (
        <button type="button" class="button bare icon" key={name} title={name} aria-label={name} onClick={act}>
          <Icon name={icon} />
        </button>
      ))}
    </>
  );
}
