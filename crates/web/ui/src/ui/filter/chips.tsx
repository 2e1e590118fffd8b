import type { HistoryPage, UsersAnswer } from "../../api/schema";
import { useGet } from "../../api/useGet";
import { place, setQuery } from "../../app/router";
import { REASONS } from "../../format/media";
import { hourSpan } from "../../format/times";
import { DECISIONS, HARDWARE, MEDIA, NETWORKS, TIERS, WEEKDAYS, word } from "../../format/words";
import { libraries } from "../../live/store";
import { Chip, chosenIn } from "../chip";

/** What is filtered by, each part with a button that takes it away. `filters`: parameters and their titles. */
export function Chips({ filters }: { filters: Record<string, string> }) {
  const { query } = place.value;
  const chosen = chosenIn(query, filters);
  if (chosen.length === 0) return null;
  const none = Object.fromEntries(Object.keys(filters).map((name) => [name, undefined]));
  return (
    <>
      {chosen.map((one) => (
        <Chip {...one} key={one.key}>
          <Value name={one.name} value={one.value} />
        </Chip>
      ))}
      {chosen.length > 1 && (
        <button type="button" class="button bare filters-clear" onClick={() => setQuery(none)}>
          Clear all
        </button>
      )}
    </>
  );
}

/** What values of a parameter are called. */
const WORDS: Record<string, Record<string, string>> = {
  decision: DECISIONS,
  media: MEDIA,
  network: NETWORKS,
  weekday: WEEKDAYS,
  reason: REASONS,
  hardware: HARDWARE,
  completion: TIERS,
};

function Value({ name, value }: { name: string; value: string }) {
  const words = WORDS[name];
  if (words) return <>{word(words, value)}</>;
  if (name === "hour") return <>{hourSpan(Number(value))}</>;
  if (name === "user_id") return <UserName id={value} />;
  if (name === "rating_key") return <ItemName ratingKey={value} />;
  if (name === "library") {
    const titles = new Set(libraries.value.filter((l) => l.id === value).map((l) => l.title));
    return <>{[...titles].join(" / ") || value}</>;
  }
  return <>{value}</>;
}

function UserName({ id }: { id: string }) {
  const { data } = useGet<UsersAnswer>("api/v1/users", { user_id: id, days: 0, limit: 1 });
  return <>{data?.users.find((u) => u.id === id)?.name ?? id}</>;
}

/** An item is known by its plays, whether the server still has it or not. */
function ItemName({ ratingKey }: { ratingKey: string }) {
  const { data } = useGet<HistoryPage>("api/v1/history", { rating_key: ratingKey, limit: 1 });
  const item = data?.plays[0]?.item;
  const name =
    item?.rating_key === ratingKey
      ? item.full_title
      : item?.parent_rating_key === ratingKey
        ? [item.grandparent_title, item.parent_title].filter(Boolean).join(" – ")
        : item?.grandparent_title;
  return <>{name || ratingKey}</>;
}
