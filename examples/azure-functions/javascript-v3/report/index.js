module.exports = async function (context, timer) {
  if (timer.isPastDue) context.log.warn('the report is late');
  return 'the daily report';
};
