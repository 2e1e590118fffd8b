import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { weekStart } from "../app/prefs";
import { hourName, hourSpan } from "../format/times";
import "./charts.css";
import { type Point, Tip, TipRows } from "./tip";
import { shownValue, type Unit } from "./units";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const HOURS = 24;
/** Steps of the scale below the map, as shares of the most. */
const STEPS = [0, 0.1, 0.3, 0.6, 1];

/** An hour of the week; 0 is Sunday. */
interface Cell {
  weekday: number;
  hour: number;
}

/**
 * Hours of the week. `values`: 168 numbers, `monday 00` to `sunday 23`, as `by=hour_weekday` tells them; rows
 * begin with the day this browser's person begins a week with.
 */
export function HeatMap(props: {
  title: string;
  values: readonly number[];
  unit: Unit;
  /** An hour in which something was played was chosen: shows the plays behind it. */
  onSelect?: (weekday: number, hour: number) => void;
}) {
  const pointed = useSignal<(Cell & Point) | undefined>(undefined);
  const max = Math.max(0, ...props.values);
  const first = weekStart();
  const order = Array.from({ length: 7 }, (_, n) => (first + n) % 7);
  const valueOf = ({ weekday, hour }: Cell) => props.values[((weekday + 6) % 7) * HOURS + hour] ?? 0;
  // A finger is shown the value first, and led to the plays when it comes again.
  const again = useRef(false);
  const show = (cell: Cell, target: Element, touch: boolean) => {
    const before = pointed.peek();
    again.current = before?.touch === true && before.weekday === cell.weekday && before.hour === cell.hour;
    const { left, top, width, height } = target.getBoundingClientRect();
    pointed.value = { ...cell, x: left + width / 2, y: top + height / 2, touch };
  };
  const select = ({ weekday, hour }: Cell) => {
    if (!pointed.peek()?.touch || again.current) props.onSelect?.(weekday, hour);
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
          <Rows unit={props.unit} order={order} max={max} valueOf={valueOf} show={show} onSelect={props.onSelect && select} />
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
  return `${DAYS[weekday]}, ${hourSpan(hour)}`;
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
  onSelect?: (cell: Cell) => void;
}

function Rows({ order, max, unit, valueOf, show, onSelect }: RowsProps) {
  const leads = (cell: Cell) => onSelect !== undefined && valueOf(cell) > 0;
  return (
    <tbody>
      {order.map((weekday) => (
        <tr key={weekday}>
          <th scope="row">{DAYS[weekday]?.slice(0, 3)}</th>
          {Array.from({ length: HOURS }, (_, hour) => (
            <td
              key={hour}
              style={{ background: shade(valueOf({ weekday, hour }), max) }}
              class={leads({ weekday, hour }) ? "leads" : undefined}
              onClick={() => leads({ weekday, hour }) && onSelect?.({ weekday, hour })}
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
