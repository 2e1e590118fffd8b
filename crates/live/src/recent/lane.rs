//! A ring of moments, and columns of numbers beside it.

/// Moments of one step, newest last, and a column for each slot that was ever filled.
#[derive(Debug)]
pub(super) struct Lane {
    room: usize,
    /// Seconds since 1970; `next` is where the next one goes once all room is used.
    at_s: Vec<i64>,
    next: usize,
    columns: Vec<Option<Column>>,
}

/// As long as its lane has room.
#[derive(Debug)]
struct Column {
    /// What stands where nothing was said: NaN for not known, or 0.
    blank: f32,
    values: Box<[f32]>,
}

impl Lane {
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            at_s: Vec::new(),
            next: 0,
            columns: Vec::new(),
        }
    }

    /// Adds a moment with the values of some slots: slot, value, and what stands in the column where none was given.
    pub(super) fn push(&mut self, at_s: i64, values: impl IntoIterator<Item = (usize, f32, f32)>) {
        let place = self.next;
        if self.at_s.len() < self.room {
            self.at_s.push(at_s);
        } else {
            self.at_s[place] = at_s;
        }
        self.next = (place + 1) % self.room;
        for column in self.columns.iter_mut().flatten() {
            column.values[place] = column.blank;
        }
        for (slot, value, blank) in values {
            if self.columns.len() <= slot {
                self.columns.resize_with(slot + 1, || None);
            }
            let column = self.columns[slot].get_or_insert_with(|| Column {
                blank,
                values: vec![blank; self.room].into(),
            });
            column.values[place] = value;
        }
    }

    pub(super) fn newest_s(&self) -> Option<i64> {
        let last = (self.next + self.room - 1) % self.room;
        self.at_s.get(last).copied()
    }

    /// Places of the moments after `after_s`, oldest first.
    pub(super) fn since(&self, after_s: i64) -> Vec<usize> {
        let whole = self.at_s.len() == self.room;
        let first = if whole { self.next } else { 0 };
        (0..self.at_s.len())
            .map(|n| (first + n) % self.room)
            .filter(|place| self.at_s[*place] > after_s)
            .collect()
    }

    pub(super) fn moments<'a>(&'a self, places: &'a [usize]) -> impl Iterator<Item = i64> + 'a {
        places.iter().map(|place| self.at_s[*place])
    }

    /// What is known of a slot at some places.
    pub(super) fn column(&self, slot: usize, places: &[usize]) -> Vec<Option<f32>> {
        let column = self.columns.get(slot).and_then(Option::as_ref);
        let value = |place: &usize| column.map(|c| c.values[*place]).filter(|v| !v.is_nan());
        places.iter().map(value).collect()
    }
}
