import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { prefs, weekStart } from "../app/prefs";
import "./charts.css";
import { type Point, Tip, TipRows } from "./tip";
import { shownValue, type Unit } from "./units";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const HOURS = 24;
/** Steps of the scale below the map, as shares of the most. */
const STEPS = [0, 0.1, 0.3, 0.6, 1];

/** `20`, or `8 pm`, as this browser's person reads hours. */
export function hourName(hour: number): string {
  const { hours } = prefs.value;
  const system = () => new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hour12;
  const twelve = hours === "12" || (hours === "system" && system() === true);
  if (!twelve) return String(hour).padStart(2, "0");
  return `${hour % 12 || 12} ${hour < 12 ? "am" : "pm"}`;
}

interface Cell {
  weekday: number;
  hour: number;
}

/**
 * Hours of the week. `values`: 168 numbers, `monday 00` to `sunday 23`, as `by=hour_weekday` tells them; rows
 * begin with the day this browser's person begins a week with.
 */
export function HeatMap(props: { title: string; values: readonly number[]; unit: Unit }) {
  const pointed = useSignal<(Cell & Point) | undefined>(undefined);
  const max = Math.max(0, ...props.values);
  const first = weekStart();
  const order = Array.from({ length: 7 }, (_, n) => (first + n) % 7);
  const valueOf = ({ weekday, hour }: Cell) => props.values[((weekday + 6) % 7) * HOURS + hour] ?? 0;
  const show = (cell: Cell, target: Element, touch: boolean) => {
    const { left, top, width, height } = target.getBoundingClientRect();
    pointed.value = { ...cell, x: left + width / 2, y: top + height / 2, touch };
  };
  const hide = () => {
    pointed.value = undefined;
  };
  const { value } = pointed;
  const touched = value?.touch ?? false;
  // A finger leaves as soon as it is lifted; what it showed stays until it touches something else.
  useEffect(() => {
    if (!touched) return;
    const elsewhere = (event: Event) => !(event.target as Element).closest(".heat td") && hide();
    document.addEventListener("pointerdown", elsewhere);
    addEventListener("scroll", hide, true);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      removeEventListener("scroll", hide, true);
    };
  }, [touched]);
  return (
    <>
      <div
        class="scroller"
        tabIndex={0}
        role="region"
        aria-label={props.title}
        onPointerLeave={(event) => event.pointerType !== "touch" && hide()}
        onScroll={hide}
      >
        <table class="heat">
          <Hours />
          <Rows unit={props.unit} order={order} max={max} valueOf={valueOf} show={show} />
        </table>
      </div>
      <Scale max={max} unit={props.unit} />
      {value && (
        <Tip at={value}>
          <TipRows
            title={cellName(value)}
            rows={[{ name: props.title, value: shownValue(valueOf(value), props.unit), color: "--accent" }]}
          />
        </Tip>
      )}
    </>
  );
}

function cellName({ weekday, hour }: Cell): string {
  return `${DAYS[weekday]}, ${hourName(hour)}–${hourName((hour + 1) % HOURS)}`;
}

function Hours() {
  return (
    <thead>
      <tr>
        <td />
        {Array.from({ length: HOURS }, (_, hour) => (
          <th scope="col" key={hour}>
            <span class={hour % 3 === 0 ? undefined : "unseen"}>{hourName(hour)}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface RowsProps {
  order: readonly number[];
  max: number;
  unit: Unit;
  valueOf: (cell: Cell) => number;
  show: (cell: Cell, target: Element, touch: boolean) => void;
}

function Rows({ order, max, unit, valueOf, show }: RowsProps) {
  return (
    <tbody>
      {order.map((weekday) => (
        <tr key={weekday}>
          <th scope="row">{DAYS[weekday]?.slice(0, 3)}</th>
          {Array.from({ length: HOURS }, (_, hour) => (
            <td
              key={hour}
              style={{ background: shade(valueOf({ weekday, hour }), max) }}
              onPointerEnter={(event) =>
                show({ weekday, hour }, event.currentTarget, event.pointerType === "touch")
              }
            >
              <span class="unseen">{shownValue(valueOf({ weekday, hour }), unit)}</span>
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** What the shades stand for. */
function Scale({ max, unit }: { max: number; unit: Unit }) {
  return (
    <p class="heat-scale" aria-hidden="true">
      <span>{shownValue(0, unit)}</span>
      {STEPS.map((share) => (
        <i key={share} style={{ background: shade(share * max, max) }} />
      ))}
      <span>{shownValue(max, unit)}</span>
    </p>
  );
}

/** Square root: the eye should still tell one play from none beside a hundred. */
function shade(value: number, max: number): string {
  return value > 0 ? `rgb(var(--heat) / ${Math.round(12 + 88 * Math.sqrt(value / max))}%)` : "var(--sunk)";
}
