/** Sends a request to a contender and gives its answer in the form that all share. @throws when it is not an answer */
export async function send(contender, port, operation, parameters) {
  const { path, headers, body } = await contender.request(operation, parameters);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  try {
    const parsed = JSON.parse(text);
    if (parsed?.errors) throw new Error('It has errors.');
    return contender.answer[operation](contender.isBare ? parsed : parsed.data);
  } catch (error) {
    throw new Error(
      `${contender.title} answered ${operation} with ${response.status} ${text.slice(0, 500)}`,
      {
        cause: error,
      },
    );
  }
}
