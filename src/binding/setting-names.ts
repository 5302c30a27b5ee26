/** Tells a value from a name that was meant to be looked up: BrokerList, KafkaPassword, EVENTHUB_CONNECTION. */

const UPPER_SNAKE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
/** The words that end the names of settings in the samples of the extension. */
const TELLING_END = /(?:BrokerList|Brokers?|Bootstrap_?Servers?|User_?Name|Password|Secret|ConnectionString|Topic)$/i;
const WORD = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * A single word counts when it is in capitals with underscores, or ends like a setting and is more than that ending:
 * a topic named `topic` or a user named `username` is nothing special.
 */
export function looksLikeSettingName(text: string): boolean {
  if (UPPER_SNAKE.test(text)) return true;
  const end = TELLING_END.exec(text);
  return WORD.test(text) && end !== null && (end.index > 0 || /^[A-Z].*[a-z][A-Z]/.test(text));
}
