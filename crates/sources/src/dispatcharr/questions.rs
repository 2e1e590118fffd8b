//! Questions that look no further than their answers: a look waits for them only so long.

use std::panic::resume_unwind;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::Error;

/// What came back; absent where nothing was asked for or it has not come yet.
pub(super) type Answer<T> = Option<Result<T, Error>>;

/// What is to be asked, if anything is.
pub(super) type Asking<T> = Option<BoxFuture<'static, Result<T, Error>>>;

/// A question that may take longer than a look waits for it: its answer is then taken at a later look. Asked no second
/// time while it is under way; given up when dropped.
#[derive(Debug)]
pub(super) struct Question<T>(JoinSet<Result<T, Error>>);

impl<T> Default for Question<T> {
    fn default() -> Self {
        Self(JoinSet::new())
    }
}

impl<T: Send + 'static> Question<T> {
    /// Asks if there is something to `ask` and no answer is outstanding; returns what comes `until` then. One that was late
    /// before is not waited for again.
    pub(super) async fn answer(&mut self, ask: Asking<T>, until: Instant) -> Answer<T> {
        let until = match ask {
            Some(ask) if self.0.is_empty() => {
                self.0.spawn(ask.in_current_span());
                until
            }
            _ => Instant::now(),
        };
        match timeout_at(until, self.0.join_next()).await {
            Ok(Some(Ok(answer))) => Some(answer),
            Ok(Some(Err(e))) if e.is_panic() => resume_unwind(e.into_panic()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_late_answer_is_taken_later_and_not_asked_for_twice() {
        let mut question = Question::<u8>::default();
        assert!(question.answer(None, Instant::now()).await.is_none());
        let (tell, told) = oneshot::channel();
        let slow = Box::pin(async move { Ok(told.await.unwrap()) });
        assert!(question.answer(Some(slow), Instant::now()).await.is_none());
        let again = Box::pin(std::future::ready(Ok(9)));
        let far = Instant::now() + Duration::from_hours(1);
        assert!(question.answer(Some(again), far).await.is_none());
        tell.send(7).unwrap();
        let from = Instant::now();
        let answer = loop {
            // What is late is looked for and not waited for.
            match question.answer(None, far).await {
                Some(answer) => break answer.unwrap(),
                None => tokio::task::yield_now().await,
            }
            assert!(from.elapsed() < Duration::from_secs(30), "it never came");
        };
        assert_eq!(answer, 7);
    }

    #[tokio::test]
    async fn one_that_is_dropped_is_given_up() {
        let (held, given_up) = oneshot::channel::<()>();
        let mut question = Question::<()>::default();
        let ask = Box::pin(async move {
            let _held = held;
            std::future::pending().await
        });
        assert!(question.answer(Some(ask), Instant::now()).await.is_none());
        drop(question);
        let ended = timeout(Duration::from_secs(30), given_up).await.unwrap();
        assert!(ended.is_err());
    }
}
