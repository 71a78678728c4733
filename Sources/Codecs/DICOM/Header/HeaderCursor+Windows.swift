extension HeaderCursor {
    /// How reading ended.
    enum Outcome {
        case done
        case unusual
        case fault(DICOMFault)
    }

    /// Reads to the last wanted element, through windows when the prefix is not enough.
    mutating func run(
        _ reader: inout HeaderReader, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome {
        guard begin(&reader) else { return .unusual }
        while true {
            let end = isImplicit ? runImplicit(&reader) : runExplicit(&reader)
            switch end {
            case .done: return .done
            case .unusual: return .unusual
            case .items: if let outcome = passItems(&reader, fetch) { return settled(outcome, reader) }
            case .edge: if let outcome = passEdge(&reader, fetch) { return settled(outcome, reader) }
            }
        }
    }

    /// True for tags out of order that only whole reading brings into it.
    private func isOdd(_ tag: UInt32, _ reader: borrowing HeaderReader) -> Bool {
        tag < Self.firstTag || tag == reader.plan.framesTag || !reader.plan.privateGroups.isEmpty
    }

    /// A fault behind the last wanted element is none of the row's.
    private func settled(_ outcome: Outcome, _ reader: borrowing HeaderReader) -> Outcome {
        // Functional groups out of order are taken as a whole or not at all.
        let mayEnd = wasPassed && reader.plan.framesTag == UInt32.max
        if case .fault = outcome, mayEnd || isOrdered && previous > last { return .done }
        return outcome
    }

    /// Ends at an element behind the last wanted one that is not at hand as a whole. A damaged length leads to something that
    /// looks like one: what must be in every instance has to have been met, and the element has to be possible.
    private func passed(_ reader: borrowing HeaderReader) -> Outcome {
        reader.hasIdentifiers && isPossible() ? .done : .unusual
    }

    /// True when what is at `position` may be an element, as far as it can be seen.
    private func isPossible() -> Bool {
        guard position <= count &- 8 else { return true }
        let word = load64(position)
        if isImplicit, Int(word >> 32) > HeaderWindow.farthest, word >> 32 != HeaderWord.undefined { return false }
        if !isImplicit, HeaderWord.kind(word, table) == 0 { return false }
        return DataSetReader.isPossible(Tag(HeaderWord.tag(word)))
    }

    /// The element at `position` is not complete in the bytes at hand. Nil to go on.
    @inline(never) private mutating func passEdge(
        _ reader: inout HeaderReader, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        if position <= count &- 8 {
            if isPassed(HeaderWord.tag(load64(position))) { return passed(reader) }
        } else if isPassed(previous) {
            return passed(reader)
        }
        if isLast { return position == count ? .done : cutBetween(reader) }
        let atHand = max(0, count - position)
        if isPrefix || position > 0 {
            if let outcome = move(to: position, atLeast: 12, &reader, fetch) { return outcome }
        }
        // The element is the first in the window now. What was at hand may have gone: a file that shrinks.
        if count == 0 { return atHand == 0 ? .done : cutBetween(reader) }
        guard count >= 8 else { return cutBetween(reader) }
        let word = load64(0)
        let tag = HeaderWord.tag(word)
        var start = 8
        var length = isImplicit ? load32(4) : Int(truncatingIfNeeded: word >> 48)
        if !isImplicit {
            switch HeaderWord.kind(word, table) {
            case HeaderWord.short: break
            case HeaderWord.long:
                guard count >= 12 else { return cutBetween(reader) }
                length = load32(8)
                start = 12
            default: return nil
            }
        }
        if tag >= Self.pixelData { return Self.isEnd(tag) ? .done : .unusual }
        if length == HeaderWord.undefined || length <= count - start { return nil }
        if tag == reader.plan.framesTag, tag > previous {
            noteFrames(&reader, start, length, isImplicit)
            return .done
        }
        if isPassed(tag) { return passed(reader) }
        return passLong(tag, start, length, UInt16(truncatingIfNeeded: word >> 32), &reader, fetch)
    }

    /// An element longer than the window as it was read: its beginning is kept where it is wanted, the rest passed over.
    private mutating func passLong(
        _ tag: UInt32, _ start: Int, _ length: Int, _ vr: UInt16, _ reader: inout HeaderReader,
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        let needed = min(start + length, HeaderWindow.capacity)
        let isWanted = reader.plan.wanted.contains(tag) || privateStart >> 16 == tag >> 16
        if isWanted, count < needed {
            if let outcome = move(to: 0, atLeast: needed, &reader, fetch) { return outcome }
            if count < needed { return cut() }
            // Short enough for the window: read like any other.
            if count >= start + length { return nil }
        }
        if tag <= previous {
            if isOdd(tag, reader) { return .unusual }
            loseOrder(&reader)
        }
        previous = tag
        if privateStart >> 16 == tag >> 16,
            let end = notePrivate(tag, start, count - start, vr, &reader)
        {
            if case .unusual = end { return .unusual }
        }
        if isWanted {
            while wanted[next] < tag { next &+= 1 }
            if wanted[next] == tag {
                if slots[next].start == nil {
                    let known = representation(vr, next)
                    if known == .SQ {
                        position = start
                        return walk(next, origin + start + length, isImplicit, &reader, fetch, keeps: false)
                    }
                    set(next, start, count - start, known, &reader)
                }
                next &+= 1
            }
        }
        return pass(to: origin + start + length, &reader, fetch)
    }

    /// Goes on at an offset in the file that lies beyond the window. The byte before it has to be there.
    private mutating func pass(
        to offset: Int, _ reader: inout HeaderReader, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        let element = origin
        if let outcome = move(to: offset - 1 - origin, atLeast: 13, &reader, fetch) { return outcome }
        guard count > 0 else {
            return .fault(
                DICOMFault(
                    .truncated, at: element, tag: Tag(previous), "the file ends in the middle of this element",
                    cure: "fetch the file again"))
        }
        position = 1
        // A damaged length passes over what is wanted: what follows it has to be an element, and in order.
        guard position <= count - 8 else { return nil }
        return HeaderWord.tag(load64(position)) > previous && isPossible() ? nil : .unusual
    }

    /// Moves the window to a place relative to the one at hand.
    mutating func move(
        to place: Int, atLeast least: Int, _ reader: inout HeaderReader,
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        let offset = origin + place
        switch reader.window.move(to: offset, atLeast: least, in: reader.store.window(), fetch) {
        case .fault(let fault): return .fault(fault)
        case .read(let start, let filled):
            reader.seen = max(reader.seen, offset + filled)
            base = start
            count = filled
            origin = offset
            position = 0
            isPrefix = false
            isLast = filled < least
            return nil
        }
    }

    /// The file ends inside the element at `position`, of which nothing was looked at yet.
    private func cutBetween(_ reader: borrowing HeaderReader) -> Outcome {
        wasPassed || isOrdered && previous >= last ? passed(reader) : cut()
    }

    /// The file ends inside the element at `position`.
    func cut() -> Outcome {
        // A prefix that is the whole file is judged by whole reading, which knows more ways for a file to end.
        if isPrefix { return .unusual }
        let tag = position <= count - 8 ? Tag(HeaderWord.tag(load64(position))) : nil
        return .fault(
            DICOMFault(
                .truncated, at: origin + position, tag: tag, "the file ends in the middle of this element",
                cure: "fetch the file again"))
    }

    /// A sequence that is wanted, or anything of undefined length, at `position`. Nil to go on.
    @inline(never) private mutating func passItems(
        _ reader: inout HeaderReader, _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int
    ) -> Outcome? {
        let word = load64(position)
        let tag = HeaderWord.tag(word)
        let vr = isImplicit ? 0 : UInt16(truncatingIfNeeded: word >> 32)
        let header = isImplicit ? 8 : 12
        let length = isImplicit ? load32(position + 4) : load32(position + 8)
        let isUndefined = length == HeaderWord.undefined
        if tag <= previous {
            if isOdd(tag, reader) { return .unusual }
            loseOrder(&reader)
        }
        if isUndefined, !isImplicit, vr != HeaderWord.sequence, vr != HeaderWord.unknown { return .unusual }
        // A sequence of the dictionary that is called UN: its bytes may be anything.
        if !isUndefined, vr == HeaderWord.unknown { return .unusual }
        if tag >= privateStart {
            findPrivateStart(tag, reader)
            if tag >= privateStart, isWantedPrivate(tag, reader) { return .unusual }
        }
        while wanted[next] < tag { next &+= 1 }
        let isWanted = wanted[next] == tag && slots[next].start == nil
        if isWanted, isImplicit, isUndefined, representations[next] == .OB || representations[next] == .OW {
            return .unusual
        }
        // An implicit inside is known by the first item (PS3.5 6.2.2).
        if vr == HeaderWord.unknown, position > count - header - 16, !isLast {
            return move(to: position, atLeast: header + 16, &reader, fetch)
        }
        let isInside =
            isImplicit
            || vr == HeaderWord.unknown && !HeaderWord.isExplicitItem(base, position + header, count, table)
        if tag == reader.plan.framesTag, tag > previous {
            noteFrames(&reader, position + header, isUndefined ? nil : length, isInside)
            return .done
        }
        previous = tag
        let element = position
        position += header
        let end = isUndefined ? Int.max : origin + position + length
        let place = isWanted ? next : nil
        let isPath = isWanted && reader.plan.isSequenceOfPath[next]
        if isWanted { next &+= 1 }
        guard isPath else { return walk(place, end, isInside, &reader, fetch, keeps: false) }
        var probe = ItemWalk(isImplicit: isInside)
        var at = position
        let here = end == Int.max ? end : end - origin
        if case .edge = probe.run(base, count, &at, end: here, table), !isLast, element > 0 || isPrefix {
            // Once more, from its beginning and with as much as the window holds.
            if let outcome = move(to: element, atLeast: HeaderWindow.capacity, &reader, fetch) { return outcome }
            position = header
        }
        return walk(place, end, isInside, &reader, fetch, keeps: true)
    }

    /// The functional groups of the frames are read one by one, when they are asked for.
    private func noteFrames(_ reader: inout HeaderReader, _ start: Int, _ length: Int?, _ isInside: Bool) {
        reader.frames.start = origin + start
        reader.frames.end = length.map { origin + start + $0 } ?? Int.max
        reader.frames.isImplicit = isInside
    }

    /// Walks behind a sequence whose items begin at `position`, and notes it.
    private mutating func walk(
        _ place: Int?, _ end: Int, _ isInside: Bool, _ reader: inout HeaderReader,
        _ fetch: (Int, UnsafeMutableRawBufferPointer) -> Int, keeps: Bool
    ) -> Outcome? {
        var walk = ItemWalk(isImplicit: isInside)
        let start = position
        var isMoved = false
        while true {
            let here = end == Int.max ? end : end - origin
            switch walk.run(base, count, &position, end: here, table) {
            case .unusual: return isPrefix ? .unusual : oddSequence()
            case .edge:
                if isPassed(previous) { return reader.hasIdentifiers ? .done : .unusual }
                if isLast { return cut() }
                isMoved = true
                if position > count {
                    if let outcome = pass(to: origin + position, &reader, fetch) { return outcome }
                } else if let outcome = move(to: position, atLeast: 24, &reader, fetch) {
                    return outcome
                }
                if count - position < 24 { isLast = true }
            case .behind:
                // A length may lead beyond what is at hand.
                if position > count {
                    if isPassed(previous) { return reader.hasIdentifiers ? .done : .unusual }
                    if isLast { return cut() }
                    isMoved = true
                    if let outcome = pass(to: origin + position, &reader, fetch) { return outcome }
                }
                guard let place else { return nil }
                slots[place] = HeaderSlot(
                    start: base, length: 0, items: walk.items, vr: .SQ, flags: isInside ? .isImplicit : [])
                if keeps, !isMoved {
                    reader.take(place, UnsafeRawBufferPointer(start: base + start, count: position - start), isPrefix)
                } else if keeps {
                    slots[place].flags.insert(.isCut)
                    reader.notes.cut(place)
                }
                return nil
            }
        }
    }

    private func oddSequence() -> Outcome {
        .fault(
            DICOMFault(
                .structure, at: origin + position, tag: Tag(previous),
                "neither an item nor the end of the sequence, or sequences in each other too deep",
                cure: "the file is read no further"))
    }
}
