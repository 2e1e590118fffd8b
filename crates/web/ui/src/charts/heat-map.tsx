import { prefs } from "../app/prefs";
import { shownValue, type Unit } from "./units";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/**
 * Hours of the week. `values`: 168 numbers, `monday 00` to `sunday 23`, as `by=hour_weekday` tells them; rows begin
 * with the day this browser's person begins a week with.
 */
export function HeatMap(props: {
  title: string;
  values: readonly number[];
  unit: Unit;
  onSelect?: (weekday: number, hour: number) => void;
}) {
  const max = Math.max(0, ...props.values);
  const order = Array.from({ length: 7 }, (_, n) => (prefs.value.weekStart + n) % 7);
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label={props.title}>
      <table class="heat">
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th scope="col" key={hour}>
                <span class={hour % 3 === 0 ? undefined : "unseen"}>{String(hour).padStart(2, "0")}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map((weekday) => (
            <tr key={weekday}>
              <th scope="row">{DAYS[weekday]?.slice(0, 3)}</th>
              {Array.from({ length: 24 }, (_, hour) => {
                const value = props.values[((weekday + 6) % 7) * 24 + hour] ?? 0;
                const text = `${DAYS[weekday]} ${String(hour).padStart(2, "0")}:00, ${shownValue(value, props.unit)}`;
                return (
                  <td key={hour} title={text} style={{ background: shade(value, max) }}>
                    <span class="unseen">{shownValue(value, props.unit)}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Square root: the eye should still tell one play from none beside a hundred. */
function shade(value: number, max: number): string {
  return value > 0 ? `rgb(var(--heat) / ${Math.round(12 + 88 * Math.sqrt(value / max))}%)` : "var(--sunk)";
}
