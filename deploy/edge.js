// @ts-check
// A private bucket does not know directories: …/ is its index.html, and an address without its slash is redirected to the
// one with it. The redirect is relative, so that no address can lead to another site.

/**
 * @typedef {{value: string}} Field
 * @typedef {Record<string, Field & {multiValue?: Field[]}>} Query
 * @typedef {{uri: string, querystring: Query}} EdgeRequest
 */

/** @param {{request: EdgeRequest}} event */
function handler(event) {
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
