// @ts-check
// A private bucket does not know directories: …/ is its index.html, and an address without its slash is redirected to the
// one with it. Some files lead to others, and the bucket keeps with them where to: they are answered with a redirect there.
// Redirects are relative, so that no address can lead to another site.

/**
 * @typedef {{value: string}} Field
 * @typedef {Record<string, Field & {multiValue?: Field[]}>} Query
 * @typedef {{uri: string, querystring: Query}} EdgeRequest
 * @typedef {{statusCode: number, statusDescription: string, headers: Record<string, Field>}} EdgeResponse
 */

/** @param {{request: EdgeRequest, response?: EdgeResponse}} event a response only where it is the viewer's */
function handler(event) {
  if (event.response) {
    return moved(event.response);
  }
  var request = event.request;
  var name = request.uri.slice(request.uri.lastIndexOf('/') + 1);
  if (name === '') {
    request.uri += 'index.html';
    return request;
  }
  if (name.indexOf('.') >= 0) {
    return request;
  }
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
    headers: {
      location: { value: './' + encode(name) + '/' + queryOf(request.querystring) },
      'cache-control': { value: 'public, max-age=3600' },
    },
  };
}

/** @param {EdgeResponse} response */
function moved(response) {
  var to = response.headers['x-amz-meta-location'];
  if (to && /^(\.\.\/)+([A-Za-z0-9._-]+\/)*[A-Za-z0-9._-]*$/.test(to.value)) {
    response.statusCode = 302;
    response.statusDescription = 'Found';
    response.headers.location = { value: to.value };
  }
  return response;
}

/** @param {Query} fields */
function queryOf(fields) {
  /** @type {string[]} */
  var parts = [];
  Object.keys(fields).forEach(function (name) {
    var field = fields[name];
    (field.multiValue || [field]).forEach(function (one) {
      parts.push(encode(name) + (one.value === '' ? '' : '=' + encode(one.value)));
    });
  });
  return parts.length ? '?' + parts.join('&') : '';
}

/**
 * Percent-encodes what is not encoded yet.
 * @param {string} text
 */
function encode(text) {
  return text.replace(/%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%]/g, function (c) {
    try {
      return encodeURIComponent(c);
    } catch (e) {
      return '';
    }
  });
}
